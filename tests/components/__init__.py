"""Recorded registrations of each component and stack: the program runs, nothing is created."""
