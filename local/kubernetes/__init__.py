"""Previews of Kubernetes resources; nothing here runs them."""
