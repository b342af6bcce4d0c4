"""The running shop, over HTTP and as a command."""
