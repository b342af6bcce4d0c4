"""How fast an objective's budget may burn, and the alarms that say it burns faster."""

from __future__ import annotations

import pytest

from components.blocks.alarms import Metric
from components.blocks.slo import (
    BURN_WINDOWS,
    PERIOD_SECONDS,
    Indicator,
    Objective,
    bad_percent_allowed,
    burn_alarms,
)


def metric(name: str) -> Metric:
    return Metric(namespace="Shop", name=name, dimensions={"service": "a"}, statistic="Sum")


def objective(percent: float) -> Objective:
    indicator = Indicator(
        role="availability",
        description="Requests fail",
        bad=[metric("Failed"), metric("Crashed")],
        total=[metric("Asked")],
    )
    return Objective(indicator=indicator, percent=percent, events_min=20)


def test_the_windows_are_the_workbooks() -> None:
    assert [
        (window.long_seconds, window.short_seconds, round(window.rate, 6))
        for window in BURN_WINDOWS
    ] == [(3600, 300, 14.4), (21_600, 1800, 6.0), (86_400, 7200, 3.0)]


@pytest.mark.parametrize("window", BURN_WINDOWS)
def test_a_budget_that_burns_at_the_windows_rate_loses_its_share_in_the_long_window(
    window: object,
) -> None:
    for window in BURN_WINDOWS:
        bad_percent = bad_percent_allowed(99.9, window)
        spent = bad_percent / 100 * window.long_seconds
        budget = 0.001 * PERIOD_SECONDS
        assert spent / budget == pytest.approx(window.budget_share)


@pytest.mark.parametrize(
    ("percent", "expected"), [(99.9, [1.44, 0.6, 0.3]), (99, [14.4, 6, 3]), (94, [86.4, 36, 18])]
)
def test_the_share_of_bad_events_that_fires(percent: float, expected: list[float]) -> None:
    assert [bad_percent_allowed(percent, window) for window in BURN_WINDOWS] == expected


def test_each_window_has_two_alarms_over_the_same_events() -> None:
    pairs = burn_alarms(objective(99.9))

    for (long, short), window in zip(pairs, BURN_WINDOWS, strict=True):
        assert (long.period, short.period) == (window.long_seconds, window.short_seconds)
        assert long.threshold == short.threshold == bad_percent_allowed(99.9, window)
        assert long.expressions == short.expressions
        assert long.metrics == short.metrics
    assert len({spec.role for pair in pairs for spec in pair}) == 6


def test_few_events_say_nothing_and_a_missing_metric_counts_as_none() -> None:
    ((alarm, _), *_) = burn_alarms(objective(99.9))

    assert alarm.expressions == {
        "bad": "FILL(bad0, 0) + FILL(bad1, 0)",
        "total": "FILL(total0, 0)",
        "burn": "IF(total >= 20, 100 * bad / total, 0)",
    }
