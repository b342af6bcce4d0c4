"""The release step: brings into service what `pulumi up` has published."""
