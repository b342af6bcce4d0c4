"""orders: takes orders, follows each through the shop's events, and cancels what gets no answer."""
