"""Questions that are asked of the logs again and again, saved where Logs Insights shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import pulumi
import pulumi_aws as aws

from components.naming import Scope


@runtime_checkable
class Logging(Protocol):
    """A part whose code writes into a log group of its own."""

    @property
    def log_group(self) -> aws.cloudwatch.LogGroup: ...


@dataclass(frozen=True, kw_only=True)
class SavedQuery:
    """A query; what is in angle brackets is filled in by whoever asks."""

    role: str
    lines: tuple[str, ...]


QUERIES = (
    SavedQuery(
        role="traces-of-an-order",
        lines=('filter attributes.order_id = "<order id>"', "stats count() by trace_id"),
    ),
    SavedQuery(
        role="one-trace",
        lines=(
            'filter trace_id = "<trace id>" and ispresent(span)',
            "sort start_ns",
            "display span, duration_ms, span_id, parent_id",
        ),
    ),
    SavedQuery(
        role="slow-spans",
        lines=(
            "filter ispresent(span)",
            "stats pct(duration_ms, 99) as p99, count() by span",
            "sort p99 desc",
        ),
    ),
    SavedQuery(
        role="one-request",
        lines=('filter correlation_id = "<X-Correlation-Id>"', "sort @timestamp"),
    ),
    SavedQuery(
        role="errors",
        lines=(
            'filter level = "ERROR"',
            "fields @timestamp, service, correlation_id, message, exception",
            "sort @timestamp desc",
        ),
    ),
)


def create_saved_queries(
    parent: pulumi.ComponentResource,
    name: str,
    scope: Scope,
    log_groups: Sequence[pulumi.Input[str]],
) -> None:
    """Each of `QUERIES` as `<name>-<role>-query`, over all the groups (50 at the most)."""
    for query in QUERIES:
        aws.cloudwatch.QueryDefinition(
            f"{name}-{query.role}-query",
            name=scope.physical("saved_query", query.role),
            query_string="\n| ".join(query.lines),
            log_group_names=log_groups,
            opts=pulumi.ResourceOptions(parent=parent),
        )
