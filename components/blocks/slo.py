"""Objectives and how fast their budget burns: pure arithmetic, and the alarms as data.

The method is the Google SRE workbook's (chapter 5): an alarm for each pair of windows, of which
the long one says that it matters and the short one that it still goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pulumi

from components.blocks.alarms import Alarm, MathSpec, Metric
from components.naming import Scope

AVAILABILITY, LATENCY, CONFIRMATION = "availability", "latency", "confirmation"
PERIOD_SECONDS = 30 * 24 * 60 * 60
"""What an objective is measured over."""


@dataclass(frozen=True, kw_only=True)
class BurnWindow:
    """So much of the period's budget gone within `long_seconds`, and no end within `short`."""

    name: str
    budget_share: float
    long_seconds: int
    short_seconds: int

    @property
    def rate(self) -> float:
        """How many times faster than allowed the budget burns."""
        return self.budget_share * PERIOD_SECONDS / self.long_seconds


BURN_WINDOWS = (
    BurnWindow(name="fast", budget_share=0.02, long_seconds=3600, short_seconds=300),
    BurnWindow(name="slow", budget_share=0.05, long_seconds=21_600, short_seconds=1800),
    BurnWindow(name="creeping", budget_share=0.10, long_seconds=86_400, short_seconds=7200),
)
"""14.4, 6 and 3 times. An alarm looks back one day at the most, hence a day in place of three."""


def bad_percent_allowed(objective_percent: float, window: BurnWindow) -> float:
    """The share of bad events, in percent, above which the budget burns at the window's rate."""
    return round(window.rate * (100 - objective_percent), 6)


@dataclass(frozen=True, kw_only=True)
class Indicator:
    """What of a service is good: events that are `bad`, of all that there are.

    A metric of either may be missing while the other is there; it counts as 0 then.
    """

    role: str
    """availability, latency"""
    description: str
    """what is bad, as half a sentence"""
    bad: Sequence[Metric]
    total: Sequence[Metric]


def request_indicators(
    failed: Sequence[Metric], asked: Metric, slow: Metric, timed: Metric
) -> tuple[Indicator, Indicator]:
    """What is to be good about requests: that they are answered, and soon."""
    availability = Indicator(
        role=AVAILABILITY, description="Requests fail by our fault", bad=failed, total=[asked]
    )
    latency = Indicator(role=LATENCY, description="Requests are slow", bad=[slow], total=[timed])
    return availability, latency


@dataclass(frozen=True, kw_only=True)
class Objective:
    """How much of an indicator is to be good, and how many events say anything at all."""

    indicator: Indicator
    percent: float
    events_min: int


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What is watched of one service."""

    scope: Scope
    """names and tags"""
    alarms: Sequence[Alarm]
    """its alarms"""
    indicators: Sequence[Indicator]
    """what is to be good about it"""
    log_groups: Sequence[pulumi.Input[str]]
    """where its code writes"""
    expected: Metric | None = None
    """what there is as much of as ever, while customers can buy"""


def burn_alarms(objective: Objective) -> list[tuple[MathSpec, MathSpec]]:
    """For each window its two alarms, of which both must fire."""
    return [
        (
            _burn_alarm(objective, window, "long", window.long_seconds),
            _burn_alarm(objective, window, "short", window.short_seconds),
        )
        for window in BURN_WINDOWS
    ]


def _burn_alarm(objective: Objective, window: BurnWindow, length: str, seconds: int) -> MathSpec:
    indicator = objective.indicator
    bad = {f"bad{number}": metric for number, metric in enumerate(indicator.bad)}
    total = {f"total{number}": metric for number, metric in enumerate(indicator.total)}
    return MathSpec(
        role=f"slo-{indicator.role}-{window.name}-{length}",
        description=(
            f"{indicator.description}: the budget of {objective.percent:g} % burns "
            f"{window.rate:g} times too fast (% bad)."
        ),
        runbook="slo-burn",
        metrics={**bad, **total},
        expressions={
            "bad": _sum(bad),
            "total": _sum(total),
            "burn": f"IF(total >= {objective.events_min}, 100 * bad / total, 0)",
        },
        threshold=bad_percent_allowed(objective.percent, window),
        period=seconds,
    )


def _sum(ids: Iterable[str]) -> str:
    return " + ".join(f"FILL({id}, 0)" for id in ids)
