"""AWS building blocks. No business words: a block knows AWS, not the shop."""
