"""`make cost`: what a stack costs when idle, and what a million orders add."""
