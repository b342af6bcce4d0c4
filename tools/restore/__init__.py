"""Taking orders and payments back to one instant, and proving that the two agree there."""
