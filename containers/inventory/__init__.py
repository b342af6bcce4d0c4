"""inventory: products, their stock, and what is reserved of it for orders."""
