"""The local run: the whole shop on this machine, without an AWS account."""
