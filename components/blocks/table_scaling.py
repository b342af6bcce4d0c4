"""Capacity that follows the use of a table and each of its indexes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.naming import Scope

_COOLDOWN_SECONDS = 60
_KINDS = ("Read", "Write")


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """Provisioned capacity, the same for reads and writes of the table and of each index."""

    min_units: int
    """units that are there at any time"""
    max_units: int
    """units at the most"""
    target_percent: int
    """use of the units that is aimed at, 20 to 90"""


def scale_table(
    parent: pulumi.Resource,
    name: str,
    scope: Scope,
    table: aws.dynamodb.Table,
    indexes: Sequence[str],
    capacity: Capacity,
) -> None:
    """A target and a policy for reads and for writes of `table` and of each index."""
    for index in (None, *indexes):
        owner = "table" if index is None else "index"
        path = (table.name,) if index is None else (table.name, f"/index/{index}")
        prefix = name if index is None else f"{name}-{index.replace('_', '-')}"
        for kind in _KINDS:
            target = aws.appautoscaling.Target(
                f"{prefix}-{kind.lower()}-target",
                service_namespace="dynamodb",
                resource_id=pulumi.Output.concat("table/", *path),
                scalable_dimension=f"dynamodb:{owner}:{kind}CapacityUnits",
                min_capacity=capacity.min_units,
                max_capacity=capacity.max_units,
                tags=scope.tags,
                opts=pulumi.ResourceOptions(parent=parent),
            )
            aws.appautoscaling.Policy(
                f"{prefix}-{kind.lower()}-policy",
                name=f"{owner}-{kind.lower()}-use",
                policy_type="TargetTrackingScaling",
                service_namespace=target.service_namespace,
                resource_id=target.resource_id,
                scalable_dimension=target.scalable_dimension,
                target_tracking_scaling_policy_configuration={
                    "predefined_metric_specification": {
                        "predefined_metric_type": f"DynamoDB{kind}CapacityUtilization"
                    },
                    "target_value": capacity.target_percent,
                    "scale_in_cooldown": _COOLDOWN_SECONDS,
                    "scale_out_cooldown": _COOLDOWN_SECONDS,
                },
                opts=pulumi.ResourceOptions(parent=parent),
            )
