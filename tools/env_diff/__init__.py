"""What differs between dev and prod, why, what follows from it, and what it costs a month."""
