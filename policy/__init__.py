"""A CrossGuard policy pack for AWS platforms of functions, queues, tables and containers."""
