"""payments: charges an order once, and refunds what was cancelled. Its ledger is PostgreSQL."""
