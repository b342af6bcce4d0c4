"""Proof of the alarms: what they watch is broken in the local shop, and they must fire."""
