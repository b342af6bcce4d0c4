"""What a stack is known to cost, and whether it costs much more now."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tools.cost.estimate import Estimate
from tools.cost.prices import PriceError

BASELINE = Path(__file__).with_name("baseline.toml")
_ALLOWED = 1.10
"""A rise up to this needs no reason."""


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """A cost that somebody gave a reason for."""

    stack: str
    date: date
    fixed: float
    """US dollars a month"""
    per_million: float
    """US dollars for a million orders"""
    reason: str


def load(path: Path = BASELINE) -> list[Baseline]:
    """The entries in a file, oldest first; raises PriceError where one lacks its reason."""
    found = []
    for number, entry in enumerate(tomllib.loads(path.read_text("utf-8"))["baseline"], 1):
        try:
            baseline = Baseline(**entry)
        except TypeError as error:
            raise PriceError(f"{path.name}: entry {number}: {error}") from error
        if not baseline.reason.strip():
            raise PriceError(f"{path.name}: entry {number} must give the reason of its cost")
        found.append(baseline)
    return found


def rises(estimate: Estimate, baselines: Sequence[Baseline]) -> list[str]:
    """What costs over 10 % more than its last entry says, with the remedy."""
    known = [each for each in baselines if each.stack == estimate.stack]
    if not known:
        return [f"{estimate.stack} has no entry in {BASELINE.name}: add one with a reason"]
    last = known[-1]
    return [
        f"{estimate.stack}: {what} costs ${now:.2f}; it was ${before:.2f} on {last.date}, and may "
        f"rise by 10 % without a reason: make it cheaper, or add an entry to {BASELINE.name}"
        for what, now, before in (
            ("a month", estimate.fixed_usd, last.fixed),
            ("a million orders", estimate.variable_usd, last.per_million),
        )
        if now > before * _ALLOWED
    ]
