"""Runs the policy pack over recorded stacks, without an engine."""
