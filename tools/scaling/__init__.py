"""Simulates how the workers scale, by the policies that the stacks register."""
