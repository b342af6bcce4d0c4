"""Alarms as data: a block says what to watch, the service creates the alarms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pulumi
import pulumi_aws as aws

from components.naming import Scope

NAMESPACE = "Storefront"
"""The metrics that the services write about themselves, each with its `service` as a dimension."""
BAND = "band"
"""The id of the band in an alarm that has one."""


@dataclass(frozen=True, kw_only=True)
class AlarmSpec:
    """One CloudWatch alarm: fires when the statistic exceeds `threshold`.

    `statistic` is a CloudWatch statistic or a percentile such as `p99`; `period` is in seconds.
    Missing data is not breaching: a shop without traffic is not an incident.
    """

    role: str
    description: str
    """what is wrong, as a sentence"""
    runbook: str
    """the page of docs/runbooks, without its ending, that says what to do"""
    namespace: str
    metric: str
    dimensions: Mapping[str, pulumi.Input[str]]
    statistic: str
    threshold: float
    period: int = 60
    periods: int = 1
    datapoints: int = 1
    lasting: bool = False
    """whether it stays until somebody cleans up, long after its cause is gone"""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One metric and the statistic of it, such as `Sum`, `p99` or `TC(500:)`."""

    namespace: str
    name: str
    dimensions: Mapping[str, pulumi.Input[str]]
    statistic: str


@dataclass(frozen=True, kw_only=True)
class MathSpec:
    """An alarm over metric maths: fires when the last expression exceeds `threshold`.

    With a `band` it fires when the last expression falls below the band that CloudWatch learns.
    `period` is in seconds and every metric's; expressions may use the ones before them.
    """

    role: str
    description: str
    runbook: str
    metrics: Mapping[str, Metric]
    expressions: Mapping[str, str]
    threshold: float | None = None
    band: float | None = None
    """the width of the band to either side, in standard deviations"""
    lasting: bool = False
    """see `AlarmSpec`"""
    period: int
    periods: int = 1
    datapoints: int = 1


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """What was asked for, and what was made."""

    spec: AlarmSpec | MathSpec
    resource: aws.cloudwatch.MetricAlarm


class Watched(Protocol):
    """A part that says which alarms it needs."""

    def alarms(self) -> tuple[AlarmSpec, ...]: ...


@dataclass(frozen=True, kw_only=True)
class WatchedOutbox:
    """A service's outbox, by what its sweeper finds and says."""

    service: str
    behind_seconds: int
    """age of the oldest unpublished event that raises an alarm"""

    def alarms(self) -> tuple[AlarmSpec, ...]:
        """Events that wait unpublished."""
        return (
            AlarmSpec(
                role="relay-behind",
                description="Events wait unpublished in the outbox (s).",
                runbook="relay-behind",
                namespace=NAMESPACE,
                metric="OldestUnpublishedSeconds",
                dimensions={"service": self.service},
                statistic="Maximum",
                threshold=self.behind_seconds,
                periods=3,
                datapoints=2,
            ),
        )


def described(description: str, runbook: str) -> str:
    """What an alarm says: what is wrong, and the page that says what to do."""
    return f"{description} Runbook: docs/runbooks/{runbook}.md"


def create_alarms(
    parent: pulumi.ComponentResource,
    name: str,
    scope: Scope,
    specs: Iterable[AlarmSpec | MathSpec],
    topic_arn: pulumi.Input[str] | None,
) -> list[Alarm]:
    """One alarm per spec, as children of `parent`, telling `topic_arn` on alarm and on recovery.

    Without a topic they tell nobody themselves: a composite alarm does.
    """
    told = [topic_arn] if topic_arn is not None else []
    return [
        Alarm(spec=spec, resource=_create_alarm(parent, name, scope, spec, told)) for spec in specs
    ]


def _create_alarm(
    parent: pulumi.ComponentResource,
    name: str,
    scope: Scope,
    spec: AlarmSpec | MathSpec,
    told: Sequence[pulumi.Input[str]],
) -> aws.cloudwatch.MetricAlarm:
    watched = _watch(spec) if isinstance(spec, AlarmSpec) else _calculate(spec)
    return aws.cloudwatch.MetricAlarm(
        f"{name}-{spec.role}",
        name=scope.physical("alarm", spec.role),
        alarm_description=described(spec.description, spec.runbook),
        evaluation_periods=spec.periods,
        datapoints_to_alarm=spec.datapoints,
        treat_missing_data="notBreaching",
        alarm_actions=told,
        ok_actions=told,
        tags=scope.tags,
        opts=pulumi.ResourceOptions(parent=parent),
        **watched,
    )


def _watch(spec: AlarmSpec) -> dict[str, Any]:
    percentile = spec.statistic.startswith("p")
    return {
        "namespace": spec.namespace,
        "metric_name": spec.metric,
        "dimensions": spec.dimensions,
        "statistic": None if percentile else spec.statistic,
        "extended_statistic": spec.statistic if percentile else None,
        "comparison_operator": "GreaterThanThreshold",
        "threshold": spec.threshold,
        "period": spec.period,
    }


def _calculate(spec: MathSpec) -> dict[str, Any]:
    returned = list(spec.expressions)[-1]
    queries = [
        *({"id": id, "metric": _stat(metric, spec.period)} for id, metric in spec.metrics.items()),
        *(
            {"id": id, "expression": expression, "return_data": id == returned or None}
            for id, expression in spec.expressions.items()
        ),
    ]
    if spec.band is None:
        return {
            "metric_queries": queries,
            "comparison_operator": "GreaterThanThreshold",
            "threshold": spec.threshold,
        }
    expected = f"ANOMALY_DETECTION_BAND({returned}, {spec.band:g})"
    return {
        "metric_queries": [*queries, {"id": BAND, "expression": expected, "return_data": True}],
        "comparison_operator": "LessThanLowerThreshold",
        "threshold_metric_id": BAND,
    }


def _stat(metric: Metric, period: int) -> dict[str, Any]:
    return {
        "namespace": metric.namespace,
        "metric_name": metric.name,
        "dimensions": metric.dimensions,
        "stat": metric.statistic,
        "period": period,
    }
