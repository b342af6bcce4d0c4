"""One measured figure beside its promise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Figure:
    """`value` in `unit`; `limit` is the promise, met when the value does not exceed it."""

    name: str
    value: float
    unit: str
    limit: float | None = None

    @property
    def verdict(self) -> str:
        """`ok`, `MISSED`, or nothing where there is no promise."""
        if self.limit is None:
            return ""
        return "ok" if self.value <= self.limit else "MISSED"

    def row(self) -> str:
        """The figure as one line of the report."""
        limit = f"≤ {self.limit:g}" if self.limit is not None else ""
        return f"{self.name:<58}{self.value:>10.1f} {self.unit:<8}{limit:<10}{self.verdict}"


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0 to 1) of `values` do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
