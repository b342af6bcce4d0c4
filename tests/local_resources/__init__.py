"""Each resource handler and the provider against one embedded AWS."""
