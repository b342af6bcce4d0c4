"""A Pulumi project of its own, for the tools account: what builds and delivers the shop."""
