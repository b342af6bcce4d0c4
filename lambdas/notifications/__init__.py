"""notifications: tells each customer what became of an order, in an inbox and by alert."""
