"""The platform's Pulumi components: building blocks, and one component per service."""
