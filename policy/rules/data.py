"""Tables, buckets and databases: encrypted, recoverable, hard to delete."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policy.rule import ADVISORY, HIGH, MANDATORY, Resource, Stack, rule

TABLE = "aws:dynamodb/table:Table"


@rule(
    TABLE,
    severity=HIGH,
    remedy="Set pointInTimeRecovery.enabled to true.",
    reference="https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery.html",
    dev=MANDATORY,
    prod=MANDATORY,
)
def table_point_in_time_recovery(
    table: Resource, stack: Stack, settings: Mapping[str, Any]
) -> Iterator[str]:
    """A table can be restored to any second of the last 35 days."""
    enabled = table.props.flag("pointInTimeRecovery.enabled")
    if not enabled:
        yield f"pointInTimeRecovery.enabled is {enabled}"


@rule(
    TABLE,
    severity=HIGH,
    remedy="Set deletionProtectionEnabled to true.",
    reference="https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithTables.Basics.html",
    dev=ADVISORY,
    prod=MANDATORY,
)
def table_deletion_protection(
    table: Resource, stack: Stack, settings: Mapping[str, Any]
) -> Iterator[str]:
    """A table with data of customers cannot be deleted by mistake."""
    enabled = table.props.flag("deletionProtectionEnabled")
    if not enabled:
        yield f"deletionProtectionEnabled is {enabled}"
