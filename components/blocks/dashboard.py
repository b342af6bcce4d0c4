"""A service's dashboard, made of what its alarms watch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from components.blocks.alarms import Alarm, AlarmSpec
from components.naming import Scope

COLUMNS, WIDTH, HEIGHT, STATUS_HEIGHT = 3, 8, 6, 4
"""Of the metrics' widgets; the states of all alarms stand above them in full width."""


def dashboard_body(region: str, alarms: Sequence[Alarm]) -> dict[str, Any]:
    """The body of the dashboard: the alarms' states, then each metric with its threshold."""
    status = {
        "type": "alarm",
        "x": 0,
        "y": 0,
        "width": COLUMNS * WIDTH,
        "height": STATUS_HEIGHT,
        "properties": {"title": "Alarms", "alarms": [alarm.resource.arn for alarm in alarms]},
    }
    specs = [alarm.spec for alarm in alarms if isinstance(alarm.spec, AlarmSpec)]
    metrics = [_metric(region, position, spec) for position, spec in enumerate(specs)]
    return {"widgets": [status, *metrics]}


def create_dashboard(
    parent: pulumi.ComponentResource,
    name: str,
    scope: Scope,
    region: str,
    alarms: Sequence[Alarm],
) -> aws.cloudwatch.Dashboard:
    """The dashboard `<name>-dashboard`."""
    return aws.cloudwatch.Dashboard(
        f"{name}-dashboard",
        dashboard_name=scope.physical("dashboard"),
        dashboard_body=pulumi.Output.json_dumps(dashboard_body(region, alarms)),
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _metric(region: str, position: int, spec: AlarmSpec) -> dict[str, Any]:
    row, column = divmod(position, COLUMNS)
    dimensions = [part for pair in spec.dimensions.items() for part in pair]
    said = {"stat": spec.statistic, "period": spec.period}
    return {
        "type": "metric",
        "x": column * WIDTH,
        "y": STATUS_HEIGHT + row * HEIGHT,
        "width": WIDTH,
        "height": HEIGHT,
        "properties": {
            "title": spec.role,
            "region": region,
            "metrics": [[spec.namespace, spec.metric, *dimensions, said]],
            "annotations": {"horizontal": [{"label": "alarm above", "value": spec.threshold}]},
        },
    }
