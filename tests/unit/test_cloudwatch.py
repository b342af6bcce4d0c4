"""Alarms are evaluated as CloudWatch's documentation says."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.cloudwatch.alarm import AlarmError, MetricAlarm
from tools.cloudwatch.composite import RuleError, state_of
from tools.cloudwatch.maths import MathsError, evaluate
from tools.cloudwatch.series import Metric, Sample, by_period, statistic
from tools.cloudwatch.states import Evaluation, Missing, State

TABLES = yaml.safe_load(Path(__file__).with_name("missing_data.yaml").read_text("utf-8"))
ROWS = [
    (table["periods"], table["datapoints"], row[0], missing, expected)
    for table in TABLES
    for row in table["rows"]
    for missing, expected in zip(Missing, row[1:], strict=True)
]
SIGNS = {"X": True, "0": False, "-": None}
METRIC = Metric.of("AWS/Lambda", "Errors", {"FunctionName": "f"})


@pytest.mark.parametrize("current", State)
@pytest.mark.parametrize(("periods", "datapoints", "signs", "missing", "expected"), ROWS)
def test_missing_data_is_treated_as_the_tables_say(
    periods: int, datapoints: int, signs: str, missing: Missing, expected: str, current: State
) -> None:
    evaluation = Evaluation(periods=periods, datapoints=datapoints, missing=missing)

    state = evaluation.state([SIGNS[sign] for sign in signs.split()], current)

    assert state == (current if expected == "RETAIN" else State(expected))


@pytest.mark.parametrize("signs", ["- - - - X", "- - - X -"])
def test_a_lone_recent_datapoint_does_not_alarm_before_its_time(signs: str) -> None:
    evaluation = Evaluation(periods=3, datapoints=3, missing=Missing.MISSING)

    state = evaluation.state([SIGNS[sign] for sign in signs.split()], State.OK)

    assert state is not State.ALARM


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *(("Sum", 10), ("Average", 2.5), ("Maximum", 4), ("Minimum", 1), ("SampleCount", 4)),
        *(("p50", 2), ("p99", 4), ("p0", 1), ("p100", 4)),
        *(("TC(2:)", 2), ("TC(:2)", 2), ("TC(1:3)", 2), ("TC(4:)", 0)),
    ],
)
def test_a_statistic_is_of_all_values_of_a_period(name: str, expected: float) -> None:
    assert statistic(name, [4, 1, 3, 2]) == expected


def test_an_unknown_statistic_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"'tm99' is unknown here"):
        statistic("tm99", [1])


def test_a_sample_of_other_dimensions_is_another_metric() -> None:
    other = Metric.of("AWS/Lambda", "Errors", {"FunctionName": "f", "Resource": "f:live"})
    samples = [Sample(METRIC, 0, 1), Sample(other, 0, 5), Sample(METRIC, 60, 2)]

    points = by_period(samples, METRIC, "Sum", period=60, periods=3, until=180)

    assert points == (1, 2, None)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("m1 + m2 * 2", (21, None, None)),
        ("100 * (m1 / m2)", (10, None, None)),
        ("m1 / (m2 - 10)", (None, None, None)),
        ("-m1", (-1, -2, None)),
        ("FILL(m2, 0)", (10, 0, 0)),
        ("FILL(m1, REPEAT)", (1, 2, 2)),
        ("IF(m1 > 1, 1, 0)", (0, 1, None)),
        ("IF(m1 >= 1 AND FILL(m2, 0) < 5, m1, 7)", (7, 2, None)),
        ("m1 == 2 || NOT m1", (0, 1, None)),
        ("SUM([m1, m2])", (11, 2, None)),
        ("MAX([m1, m2])", (10, 2, None)),
        ("AVG([m1, m2])", (5.5, 2, None)),
    ],
)
def test_metric_maths_is_done_period_by_period(
    expression: str, expected: tuple[float | None, ...]
) -> None:
    assert evaluate(expression, {"m1": (1, 2, None), "m2": (10, None, None)}, 3) == expected


@pytest.mark.parametrize(
    ("expression", "named"),
    [("RATE(m1)", "RATE"), ("m9 + 1", "m9"), ("m1 ^ 2", r"m1 \^ 2"), ("m1 +", "m1")],
)
def test_maths_that_is_not_known_is_refused_by_name(expression: str, named: str) -> None:
    with pytest.raises(MathsError, match=named):
        evaluate(expression, {"m1": (1,)}, 1)


@pytest.mark.parametrize(("one", "two"), list(product(State, State)))
def test_a_composite_rule_joins_states(one: State, two: State) -> None:
    states = {"shop-one": one, "shop-two": two}
    rule = 'ALARM("shop-one") AND (NOT OK(shop-two) OR INSUFFICIENT_DATA(shop-two))'

    expected = one is State.ALARM and two is not State.OK

    assert state_of(rule, states) is (State.ALARM if expected else State.OK)


def test_a_composite_rule_may_name_alarms_by_arn() -> None:
    rule = 'ALARM("arn:aws:cloudwatch:us-east-1:1:alarm:a") OR ALARM("b")'

    assert state_of(rule, {"a": State.ALARM, "b": State.OK}) is State.ALARM


@pytest.mark.parametrize("rule", ["ALARM(absent)", "ALARM(a) XOR ALARM(a)", "a", "ALARM(a) +"])
def test_a_rule_that_is_not_understood_is_refused(rule: str) -> None:
    with pytest.raises(RuleError):
        state_of(rule, {"a": State.OK})


def test_an_alarm_over_an_expression_fires_by_its_value() -> None:
    alarm = MetricAlarm.of(_ratio())
    errors, calls = alarm.metrics
    healthy = [Sample(calls, at, 50) for at in (0, 60, 120)]

    assert alarm.state(healthy, 180) is State.OK
    assert alarm.state([*healthy, Sample(errors, 130, 2)], 180) is State.ALARM


@pytest.mark.parametrize(("value", "expected"), [(5, "OK"), (1, "ALARM"), (11, "OK")])
def test_an_anomaly_alarm_compares_with_the_band_it_is_given(value: float, expected: str) -> None:
    alarm = MetricAlarm.of(_anomaly())

    state = alarm.state([Sample(alarm.metrics[0], 0, value)], 60, band=(2, 10))

    assert state == expected
    with pytest.raises(AlarmError, match="give one"):
        alarm.state([], 60)


def test_metrics_of_one_alarm_have_one_period() -> None:
    inputs = _ratio()
    inputs["metricQueries"][0]["metric"]["period"] = 300

    with pytest.raises(AlarmError, match=r"\[60, 300\]"):
        MetricAlarm.of(inputs)


def _ratio() -> dict[str, Any]:
    return {
        "name": "ratio",
        "comparisonOperator": "GreaterThanThreshold",
        "threshold": 0.01,
        "evaluationPeriods": 1,
        "treatMissingData": "notBreaching",
        "metricQueries": [
            {"id": "errors", "metric": _read("Errors")},
            {"id": "calls", "metric": _read("Invocations")},
            {"id": "ratio", "expression": "filled / calls", "returnData": True},
            {"id": "filled", "expression": "FILL(errors, 0)"},
        ],
    }


def _anomaly() -> dict[str, Any]:
    return {
        "name": "few",
        "comparisonOperator": "LessThanLowerThreshold",
        "thresholdMetricId": "band",
        "evaluationPeriods": 1,
        "metricQueries": [
            {"id": "m1", "metric": _read("OrdersPlaced"), "returnData": True},
            {"id": "band", "expression": "ANOMALY_DETECTION_BAND(m1, 2)", "returnData": True},
        ],
    }


def _read(name: str) -> dict[str, Any]:
    return {"namespace": "Storefront", "metricName": name, "period": 60, "stat": "Sum"}
