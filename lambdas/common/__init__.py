"""What every service's runtime code shares: events, errors, edges, observability, resilience."""
