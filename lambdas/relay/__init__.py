"""relay: publishes what a table's outbox holds; deployed once per table that has one."""
