"""Handlers and stores against AWS APIs (moto, single-threaded) and a real PostgreSQL."""
