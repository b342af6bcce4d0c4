"""Proves that every role may do what it does, and nothing more."""
