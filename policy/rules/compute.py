"""Functions, containers and their logs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policy.rule import MANDATORY, MEDIUM, Resource, Stack, rule

LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"


@rule(
    LOG_GROUP,
    severity=MEDIUM,
    remedy="Set retentionInDays; 0 keeps logs for ever.",
    reference="https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html",
    dev=MANDATORY,
    prod=MANDATORY,
)
def log_retention(group: Resource, stack: Stack, settings: Mapping[str, Any]) -> Iterator[str]:
    """Logs are kept for a time that somebody chose."""
    days = group.props.number("retentionInDays")
    if not days:
        yield f"retentionInDays is {days}"
