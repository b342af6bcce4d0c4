"""The real Pulumi engine where no Pulumi is installed: its CLI, language host and plugins."""
