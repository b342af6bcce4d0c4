"""Every stack on the real Pulumi engine; `make test-engine` runs them, `make test` does not."""
