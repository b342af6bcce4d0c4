"""inventory on Kubernetes: the only code that knows `pulumi_kubernetes`."""
