"""What a shop emitted is read as CloudWatch would have it, and judged alarm by alarm."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tools.alarms import emitted
from tools.alarms.defined import Composite, Defined, Stack
from tools.alarms.docs import tables
from tools.alarms.faults import FAULTS
from tools.alarms.faults.fault import Fault
from tools.alarms.healthy import HEALTHY
from tools.alarms.proof import Run, Verdict, judge, reasons
from tools.alarms.readings import Reading, laid, states
from tools.alarms.report import report
from tools.cloudwatch.alarm import MetricAlarm
from tools.cloudwatch.series import Metric, Sample
from tools.cloudwatch.states import State

PAGE = Path(__file__).resolve().parents[2] / "docs" / "alarms.md"
FAILED = Metric.of("Storefront", "EventsFailed", {"service": "orders"})
SOLD = Metric.of("Storefront", "OrdersConfirmed", {"service": "orders"})
QUEUE = ("aws:sqs/queue:Queue", "orders-events-queue", {"id": "1", "name": "shop-local-orders"})
CALM, BROKEN = (Reading(0, 1), Reading(1, 2)), (Reading(10, 11), Reading(11, 12))


def test_a_log_line_gives_each_value_of_each_metric_under_its_own_dimensions() -> None:
    line = json.dumps(
        {
            "_aws": {
                "Timestamp": 1500,
                "CloudWatchMetrics": [
                    {
                        "Namespace": "Storefront",
                        "Dimensions": [["service"], ["service", "currency"]],
                        "Metrics": [{"Name": "EventsFailed", "Unit": "Count"}],
                    }
                ],
            },
            "service": "orders",
            "currency": "EUR",
            "EventsFailed": [1, 2],
        }
    )
    priced = Metric.of("Storefront", "EventsFailed", {"service": "orders", "currency": "EUR"})

    found = list(emitted.logged(["START", f"2026 {line}", '{"span": "orders"}']))

    assert found == [Sample(metric, 1.5, value) for metric in (FAILED, priced) for value in (1, 2)]


def test_what_aws_would_emit_is_read_by_the_names_of_the_program() -> None:
    names = emitted.names_of([QUEUE, ("aws:sns/topic:Topic", "events", {"id": "t"})])

    (visible,) = emitted.measured([measurement("ApproximateNumberOfMessagesVisible", 3)], names)
    (age,) = emitted.measured([measurement("ApproximateAgeOfOldestMessage", 3)], names)

    assert visible.metric.dimensions == {("QueueName", "orders-events-queue")}
    assert (visible.at, visible.value) == (7, 3)
    assert age.value == 3 * emitted.SECONDS_OF_A_SECOND


def test_a_dimension_of_nothing_in_the_program_is_refused() -> None:
    with pytest.raises(emitted.UnnamedError, match="'shop-local-orders', which no resource has"):
        list(emitted.measured([measurement("Age", 1)], {}))


def test_each_reading_is_one_period() -> None:
    samples = [Sample(FAILED, at, at) for at in (9.9, 10.5, 11.25, 12)]

    found = list(laid(samples, BROKEN, 60))

    assert [(sample.at, sample.value) for sample in found] == [(30, 10.5), (75, 11.25)]


def test_an_alarm_is_evaluated_at_the_end_of_each_reading() -> None:
    readings = [Reading(at, at + 1) for at in range(6)]
    samples = [Sample(FAILED, at + 0.5, 1) for at in (0, 1)]

    found = states(alarm("failed", datapoints=2, periods=3), samples, readings, None)

    assert found == [State.OK, *[State.ALARM] * 4, State.OK]


def test_an_alarm_that_fires_for_its_fault_alone_is_proven() -> None:
    found = verdicts([Sample(FAILED, 10.5, 1)])

    assert found["failed"] == Verdict(alarm="failed", fired_by="crash")
    assert found["page"] == Verdict(alarm="page", fired_by="crash")


@pytest.mark.parametrize(
    ("samples", "proves", "unprovable", "wrong"),
    [
        ([], "failed", {}, "did not fire by crash"),
        ([Sample(FAILED, 0.5, 1), Sample(FAILED, 10.5, 1)], "failed", {}, "rang in the healthy"),
        ([Sample(FAILED, 10.5, 1)], "f*", {"failed": "no"}, "choose one"),
        ([Sample(FAILED, 10.5, 1)], "none", {}, "no fault names it"),
        ([Sample(FAILED, 20, 1)], "failed", {}, "did not fire by crash"),
    ],
)
def test_an_alarm_that_is_not_proven_is_wrong(
    samples: list[Sample], proves: str, unprovable: dict[str, str], wrong: str
) -> None:
    assert wrong in verdicts(samples, proves, unprovable)["failed"].wrong


def test_a_pattern_that_no_alarm_has_any_more_is_wrong() -> None:
    found = verdicts([], "failed", {"gone-*": "no"})

    assert "remove it" in found["gone-*"].wrong


def test_an_alarm_with_a_reason_needs_no_fault() -> None:
    assert verdicts([], "page", {"failed": "nothing fails"})["failed"].unprovable


def test_the_band_is_taken_from_the_healthy_run() -> None:
    sold = [Sample(SOLD, at, 1) for at in (0.1, 0.2, 0.3, 0.4, 1.1, 1.2)]

    assert Run.of(sold, {HEALTHY.name: CALM}).band() == (1, 8)


def test_the_last_line_counts() -> None:
    found = [
        Verdict(alarm="a", fired_by="crash"),
        Verdict(alarm="b", unprovable="no"),
        Verdict(alarm="c", wrong="did not fire by crash"),
    ]

    assert list(report(found)) == [
        "fired a by crash",
        "not provable here b: no",
        "wrong c: did not fire by crash",
        "fired 1 of 3, 1 not provable here, silent when healthy",
    ]


def test_a_ringing_healthy_run_is_said() -> None:
    *_, last = report([Verdict(alarm="a", wrong="rang in the healthy run")])

    assert last == "fired 0 of 1, 0 not provable here, not silent when healthy"


def test_the_page_shows_every_fault_and_every_reason() -> None:
    assert tables(FAULTS, reasons()) in PAGE.read_text("utf-8"), (
        "write the tables of docs/alarms.md again: python -m tools.alarms.docs"
    )


def measurement(name: str, value: float) -> str:
    of = {"QueueName": "shop-local-orders"}
    line = {"namespace": "AWS/SQS", "name": name, "dimensions": of, "at": 7, "value": value}
    return json.dumps(line)


def alarm(name: str, datapoints: int = 1, periods: int = 1) -> MetricAlarm:
    return MetricAlarm.of(
        {
            "name": name,
            "namespace": "Storefront",
            "metricName": "EventsFailed",
            "dimensions": {"service": "orders"},
            "statistic": "Sum",
            "comparisonOperator": "GreaterThanThreshold",
            "threshold": 0,
            "period": 60,
            "evaluationPeriods": periods,
            "datapointsToAlarm": datapoints,
            "treatMissingData": "notBreaching",
        }
    )


def verdicts(
    samples: Sequence[Sample], proves: str = "failed", unprovable: Mapping[str, str] | None = None
) -> dict[str, Verdict]:
    """What becomes of a stack with one alarm, and one over it, when `crash` breaks something."""
    stack = Stack(
        name="dev",
        alarms=[Defined(name="failed", alarm=alarm("failed"))],
        composites=[Composite(name="page", physical="page", rule='ALARM("failed")')],
        functions={},
    )
    run = Run.of(samples, {HEALTHY.name: CALM, "crash": BROKEN})
    crash = Fault(name="crash", what="it crashes", proves=(proves,), happen=lambda scene: None)
    return {each.alarm: each for each in judge([stack], run, [crash], unprovable or {})}
