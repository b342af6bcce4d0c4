"""Developer tooling: set-up, locks, benchmarks, generated documents."""
