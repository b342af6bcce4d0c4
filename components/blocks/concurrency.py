"""How many instances of a function run."""

from __future__ import annotations

from dataclasses import dataclass

UNRESERVED = -1
"""AWS's own number for a function that shares the account's concurrency."""


@dataclass(frozen=True, kw_only=True)
class Concurrency:
    """How many instances of a function may run at once, and how a cold one starts."""

    reserved: int = UNRESERVED
    """instances that are its own and its limit; 0 stops it"""
    polled: int = 0
    """batches of its queue that run at once at the most; 0: no queue limits it"""
    provisioned: int = 0
    """instances that wait warm"""
    snap_start: bool = False
    """whether a cold instance starts from a snapshot; not with `provisioned`"""

    @property
    def limit(self) -> int:
        """Instances at the most; 0 where only the account's limit holds."""
        return min((limit for limit in (self.reserved, self.polled) if limit > 0), default=0)
