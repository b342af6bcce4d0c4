"""Loads that a queue may meet, as shares of what the stack's tasks bear altogether.

A share of 1 is what the most tasks handle at the CPU target. What changes does so suddenly, as an
event in the world does: a campaign, a table that turns slow, dead letters sent again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

MINUTE = 60
HOUR = 60 * MINUTE
_DAY = (
    *(0.10, 0.07, 0.05, 0.05, 0.05, 0.08, 0.14, 0.24, 0.34, 0.40, 0.44, 0.48),
    *(0.52, 0.50, 0.46, 0.46, 0.50, 0.58, 0.70, 0.80, 0.74, 0.56, 0.34, 0.18),
)
"""Hour by hour from midnight: the evening is sixteen times the night."""


@dataclass(frozen=True, kw_only=True)
class Trace:
    """One load over time; the functions take seconds from its begin."""

    name: str
    text: str
    seconds: int
    share: Callable[[int], float]
    poison: Callable[[int], float] = lambda second: 0.0
    """the part of the messages that never succeeds"""
    lost: Callable[[int], float] = lambda second: 0.0
    """the part of the tasks that ends at this second, with messages in hand"""
    pace: Callable[[int], float] = lambda second: 1.0
    """the part of its usual rate that a task reaches while its CPU waits for the table"""


def _step(second: int) -> float:
    return 0.24 if second < 20 * MINUTE else 0.5


def _daily(second: int) -> float:
    hour, part = divmod(second, HOUR)
    before, after = _DAY[hour % 24], _DAY[(hour + 1) % 24]
    return before + (after - before) * part / HOUR


def _spike(second: int) -> float:
    return 0.72 if 20 * MINUTE <= second < 21 * MINUTE else 0.24


def _drain(second: int) -> float:
    if second < 20 * MINUTE:
        return 0.5
    return 0.7 if second < 30 * MINUTE else 0.02


def _poison(second: int) -> float:
    return 0.01 if 20 * MINUTE <= second < 30 * MINUTE else 0.0


def _lost(second: int) -> float:
    return 1 / 3 if second == 20 * MINUTE else 0.0


def _slow(second: int) -> float:
    return 0.5 if second >= 20 * MINUTE else 1.0


TRACES = (
    Trace(
        name="step",
        text="the load doubles and stays",
        seconds=90 * MINUTE,
        share=_step,
    ),
    Trace(name="daily", text="a day, from night to evening", seconds=24 * HOUR, share=_daily),
    Trace(
        name="spike",
        text="three times the load for a minute",
        seconds=60 * MINUTE,
        share=_spike,
    ),
    Trace(
        name="drain",
        text="dead letters sent again for ten minutes, then hardly anything",
        seconds=90 * MINUTE,
        share=_drain,
    ),
    Trace(
        name="poison",
        text="one message in a hundred fails always, for ten minutes",
        seconds=60 * MINUTE,
        share=lambda second: 0.22,
        poison=_poison,
    ),
    Trace(
        name="lost",
        text="a third of the tasks ends at once, as when a zone does",
        seconds=60 * MINUTE,
        share=lambda second: 0.24,
        lost=_lost,
    ),
    Trace(
        name="slow",
        text="the table is so slow that a worker reaches half its rate: its CPU idles",
        seconds=90 * MINUTE,
        share=lambda second: 0.24,
        pace=_slow,
    ),
)
