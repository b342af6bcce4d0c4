"""Alarms as data: a block says what to watch, the service creates the alarms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import pulumi
import pulumi_aws as aws

from components.naming import Scope

NAMESPACE = "Storefront"
"""The metrics that the services write about themselves, each with its `service` as a dimension."""


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


def create_alarms(
    parent: pulumi.ComponentResource,
    name: str,
    scope: Scope,
    specs: Iterable[AlarmSpec],
    topic_arn: pulumi.Input[str],
) -> list[aws.cloudwatch.MetricAlarm]:
    """One alarm per spec, as children of `parent`, telling `topic_arn` on alarm and on recovery."""
    return [_create_alarm(parent, name, scope, spec, topic_arn) for spec in specs]


def _create_alarm(
    parent: pulumi.ComponentResource,
    name: str,
    scope: Scope,
    spec: AlarmSpec,
    topic_arn: pulumi.Input[str],
) -> aws.cloudwatch.MetricAlarm:
    percentile = spec.statistic.startswith("p")
    return aws.cloudwatch.MetricAlarm(
        f"{name}-{spec.role}",
        name=scope.physical("alarm", spec.role),
        alarm_description=f"{spec.description} Runbook: docs/runbooks/{spec.runbook}.md",
        namespace=spec.namespace,
        metric_name=spec.metric,
        dimensions=spec.dimensions,
        statistic=None if percentile else spec.statistic,
        extended_statistic=spec.statistic if percentile else None,
        comparison_operator="GreaterThanThreshold",
        threshold=spec.threshold,
        period=spec.period,
        evaluation_periods=spec.periods,
        datapoints_to_alarm=spec.datapoints,
        treat_missing_data="notBreaching",
        alarm_actions=[topic_arn],
        ok_actions=[topic_arn],
        tags=scope.tags,
        opts=pulumi.ResourceOptions(parent=parent),
    )
