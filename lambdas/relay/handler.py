"""The relay's function: a batch of its table's stream, or a scheduled sweep of what is left."""

from __future__ import annotations

from typing import Any

from common.observability import metrics
from common.outbox import KIND
from relay import bootstrap
from relay.logic import Outcome
from relay.models import OutboxEntry


@metrics.log_metrics
def handle(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Relay the event's `Records`, or sweep when it has none: `{"relayed": <events>}`.

    Raises RelayError when a stream's batch is worth another try, and when a sweep left anything.
    """
    streamed = "Records" in event
    outcome = _relay(event["Records"]) if streamed else _sweep()
    metrics.add_metric(name="EventsRelayed", unit="Count", value=outcome.relayed)
    outcome.require_all(but_undeliverable=streamed)
    return {"relayed": outcome.relayed}


def _relay(records: list[dict[str, Any]]) -> Outcome:
    inserted = [
        record["dynamodb"]["NewImage"] for record in records if record["eventName"] == "INSERT"
    ]
    return bootstrap.relay().relay(
        OutboxEntry.of(image) for image in inserted if image.get("kind") == {"S": KIND}
    )


def _sweep() -> Outcome:
    outcome, oldest_seconds = bootstrap.relay().sweep()
    metrics.add_metric(name="OldestUnpublishedSeconds", unit="Seconds", value=oldest_seconds)
    return outcome
