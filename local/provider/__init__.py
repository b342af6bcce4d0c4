"""The resource handlers of the local run as a Pulumi provider plugin: `pulumi-resource-aws`."""
