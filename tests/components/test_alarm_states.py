"""Every alarm of dev and prod by given data, evaluated as CloudWatch would: it fires, it is silent.

This proves periods, datapoints, thresholds and expressions; what the shop really emits when
something breaks is not proven here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from tests.support.harness import Built
from tests.support.relations import ALARM
from tools.cloudwatch.alarm import Band, MetricAlarm, Query
from tools.cloudwatch.series import Sample
from tools.cloudwatch.states import State

REQUESTS = 100
EXPECTED: Band = (50, 150)
"""What the anomaly detector expects of each period."""


def emitted(alarm: MetricAlarm, *, broken: bool) -> list[Sample]:
    """One value for each period of an alarm on one metric; else `REQUESTS` of everything."""
    periods = alarm.evaluation.range
    return [
        Sample(query.metric, alarm.period * period + 1, value)
        for query in alarm.queries
        if query.metric
        for period in range(periods)
        for value in values(alarm, query, broken=broken)
    ]


def values(alarm: MetricAlarm, query: Query, *, broken: bool) -> Iterator[float]:
    if len(alarm.queries) == 1:
        assert alarm.threshold is not None
        yield alarm.threshold + broken
    elif query.id.startswith("bad") and query.statistic.startswith("TC("):
        slowest = float(query.statistic.removeprefix("TC(").removesuffix(":)"))
        yield from [slowest + broken] * REQUESTS
    elif query.id.startswith("bad"):
        yield from [float(broken)] * REQUESTS
    elif query.id == "rate":
        assert alarm.threshold is not None
        yield alarm.threshold + broken
    elif query.id == "counted":
        yield from [] if broken else [1.0] * REQUESTS
    elif query.statistic == "Sum" and query.id == "total0":
        yield from [1.0] * REQUESTS


def states(built: Built, *, broken: bool) -> dict[str, State]:
    alarms = [MetricAlarm.of(found.inputs) for found in built.of_type(ALARM)]
    return {
        alarm.name: alarm.state(
            emitted(alarm, broken=broken), alarm.period * alarm.evaluation.range, band=EXPECTED
        )
        for alarm in alarms
    }


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_an_alarm_fires_when_what_it_watches_is_past_its_limit(
    stacks: Mapping[str, Built], stack: str
) -> None:
    found = states(stacks[stack], broken=True)

    assert [name for name, state in found.items() if state is not State.ALARM] == []
    assert len(found) == len(stacks[stack].of_type(ALARM)) > 60


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_an_alarm_is_silent_up_to_its_limit(stacks: Mapping[str, Built], stack: str) -> None:
    found = states(stacks[stack], broken=False)

    assert [name for name, state in found.items() if state is not State.OK] == []


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_a_shop_without_customers_is_no_incident(stacks: Mapping[str, Built], stack: str) -> None:
    alarms = [MetricAlarm.of(found.inputs) for found in stacks[stack].of_type(ALARM)]
    band: Band = (0, 0)

    ringing = [
        alarm.name
        for alarm in alarms
        if alarm.state([], alarm.period * alarm.evaluation.range, State.OK, band) is State.ALARM
    ]

    assert ringing == []
