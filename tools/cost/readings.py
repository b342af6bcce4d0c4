"""What a metered shop wrote down, what it keeps and what it logged, as amounts."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Protocol, Self

from local.shop import Shop

Event = Mapping[str, Any]
Names = Mapping[tuple[str, str], str]
"""The name in the program, by what an event tells and the name on AWS."""

SWEEPS = ("orders-sweep", "orders-outbox-relay", "inventory-outbox-relay", "payments-sweep")
"""The functions that a clock calls, with or without orders."""
SCHEDULED = "/scheduled"
_TABLE = "aws:dynamodb/table:Table"
_NAMED = {
    "aws:lambda/function:Function": "invocation",
    _TABLE: "table",
    "aws:sqs/queue:Queue": "delivery",
}
_CALLS = frozenset(
    (
        *("sns:Publish", "sns:PublishBatch", "sqs:SendMessage", "sqs:DeleteMessage"),
        *("sqs:DeleteMessageBatch", "sqs:ChangeMessageVisibility", "s3:PutObject"),
        *("s3:GetObject", "secretsmanager:GetSecretValue", "execute-api:ManageConnections"),
        *("servicediscovery:DiscoverInstances", "kms:Decrypt", "kms:GenerateDataKey"),
    )
)
_BLOCK_BYTES = 4096
"""Aurora charges what is written by four kilobytes of log."""
_LOG_EVENT_BYTES = 26
"""What CloudWatch adds to each event."""


class Registered(Protocol):
    """What is read of a registration."""

    @property
    def type(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def inputs(self) -> dict[str, Any]: ...


@dataclass(frozen=True, kw_only=True)
class State:
    """What a shop has logged and keeps by now."""

    log_bytes: int
    metrics: int
    """metrics that its logs have made, each combination of dimensions for itself"""
    written: int
    """bytes of PostgreSQL's log"""
    stored: Mapping[str, int]
    """bytes by table"""

    @classmethod
    def of(cls, shop: Shop) -> Self:
        """A running shop's."""
        lines = list(shop.log_lines())
        tables = [
            entry.outputs["name"] for entry in shop.deployment.registrations if entry.type == _TABLE
        ]
        with shop.database.connect("postgres") as connection:
            row = connection.execute("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn").fetchone()
        return cls(
            log_bytes=sum(len(line.encode()) + _LOG_EVENT_BYTES for line in lines),
            metrics=custom_metrics(lines),
            written=int(row[0]) if row else 0,
            stored={table: _stored(shop, table) for table in tables},
        )

    def since(self, before: State, names: Names) -> dict[str, float]:
        """What has been added."""
        return {
            "log-bytes": self.log_bytes - before.log_bytes,
            "database-writes": (self.written - before.written) / _BLOCK_BYTES,
            **{
                f"stored-bytes/{names[('table', table)]}": size - before.stored[table]
                for table, size in self.stored.items()
            },
        }


def events(file: Path, begin: int) -> list[Event]:
    """What was written down after the first `begin` bytes."""
    with file.open("rb") as lines:
        lines.seek(begin)
        return [json.loads(line) for line in lines.read().splitlines()]


def logical_names(registrations: Iterable[Registered]) -> Names:
    """The names in the program of what events tell of."""
    return {
        (_NAMED[entry.type], str(entry.inputs["name"])): entry.name
        for entry in registrations
        if entry.type in _NAMED
    }


def amounts(found: Sequence[Event], names: Names) -> dict[str, float]:
    """How much of what, by names in the program; what clocks do is left out."""
    counted: Counter[str] = Counter()
    for event in found:
        kind = "table" if event["what"] in ("reads", "writes") else event["what"]
        name = names.get((kind, event["of"]), event["of"])
        if kind == "invocation" and not _by_clock(event, name):
            counted[f"invocations/{name}"] += 1
            counted["queue-batches"] += event["source"] == "aws:sqs"
        elif event["what"] == "receive" and event["amount"]:
            counted["worker-receives"] += 1
        elif event["what"] == "delivery":
            counted[f"deliveries/{name}"] += 1
        elif kind == "table":
            counted[f"{event['what']}/{name}"] += event["amount"]
        elif event["what"] == "call" and event["of"] in _CALLS:
            counted[f"calls/{event['of']}"] += 1
    return dict(counted)


def milliseconds(found: Sequence[Event], names: Names) -> dict[str, float]:
    """The median invocation of each function; by a clock for itself."""
    spent: defaultdict[str, list[float]] = defaultdict(list)
    for event in found:
        if event["what"] == "invocation":
            name = names.get(("invocation", event["of"]), event["of"])
            spent[name + SCHEDULED * _by_clock(event, name)].append(event["ms"])
    return {name: median(spent[name]) for name in sorted(spent)}


def empty_polls(found: Sequence[Event]) -> int:
    """Requests of the worker that found no message."""
    return sum(event["what"] == "receive" and not event["amount"] for event in found)


def custom_metrics(lines: Iterable[str]) -> int:
    """How many metrics log lines make: each name with each combination of dimensions."""
    found: set[tuple[str, ...]] = set()
    for line in lines:
        if '"_aws"' not in line:
            continue
        told = json.loads(line[line.index("{") :])
        for directive in told["_aws"]["CloudWatchMetrics"]:
            for dimensions in directive["Dimensions"]:
                values = [f"{key}={told.get(key)}" for key in sorted(dimensions)]
                for metric in directive["Metrics"]:
                    found.add((directive["Namespace"], metric["Name"], *values))
    return len(found)


def _by_clock(event: Event, name: str) -> bool:
    return not event["source"] and name.removesuffix("-function") in SWEEPS


def _stored(shop: Shop, table: str) -> int:
    pages = shop.cloud.client("dynamodb").get_paginator("scan").paginate(TableName=table)
    return sum(_size(item) for page in pages for item in page["Items"])


def _size(item: Mapping[str, Any]) -> int:
    """Near enough to what DynamoDB stores: names and values, and what it adds for its index."""
    return 100 + sum(len(name) + len(json.dumps(value)) for name, value in item.items())
