"""The relay's function: a batch of its table's stream, or a scheduled sweep of what is left."""

from __future__ import annotations

from typing import Any

import msgspec

from common.dynamo import from_item
from common.observability import metrics
from common.outbox import KIND
from relay import bootstrap
from relay.logic import Outcome
from relay.models import OutboxEntry


@metrics.log_metrics
def handle(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Relay the event's `Records`, or sweep when it has none: `{"relayed": <events>}`.

    Raises RelayError when any event was not relayed, so that a stream's batch is retried whole.
    """
    outcome = _relay(event["Records"]) if "Records" in event else _sweep()
    metrics.add_metric(name="EventsRelayed", unit="Count", value=outcome.relayed)
    outcome.require_all()
    return {"relayed": outcome.relayed}


def _relay(records: list[dict[str, Any]]) -> Outcome:
    inserted = [
        record["dynamodb"]["NewImage"] for record in records if record["eventName"] == "INSERT"
    ]
    return bootstrap.relay().relay(
        msgspec.convert(from_item(image), OutboxEntry)
        for image in inserted
        if image.get("kind") == {"S": KIND}
    )


def _sweep() -> Outcome:
    outcome, oldest_seconds = bootstrap.relay().sweep()
    metrics.add_metric(name="OldestUnpublishedSeconds", unit="Seconds", value=oldest_seconds)
    return outcome
