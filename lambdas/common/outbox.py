"""The outbox item: written in the transaction that changes state, published by the relay.

Key `pk = OUTBOX#<event id>`, `sk = EVENT`. While unpublished it is in the sparse index
`unpublished` (hash `unpublished`, range `occurred_at`); the relay removes `unpublished` and sets
`expires_at` (epoch seconds, the table's TTL) once the topic has accepted the event.
"""

from __future__ import annotations

from typing import Any

from common.dynamo import Item, to_item
from common.events import Envelope
from common.observability import current_traceparent

INDEX = "unpublished"
KIND = "outbox"


def outbox_item(event: Envelope) -> Item:
    """The DynamoDB item that makes `event` leave the table it is written to."""
    values: dict[str, object] = {
        "pk": f"OUTBOX#{event.id}",
        "sk": "EVENT",
        "kind": KIND,
        "unpublished": "1",
        "occurred_at": event.occurred_at,
        "event": event.encode(),
    }
    if traceparent := current_traceparent():
        values["traceparent"] = traceparent
    return to_item(values)


def outbox_put(table_name: str, event: Envelope) -> dict[str, Any]:
    """The `TransactWriteItems` entry that publishes `event` when the transaction commits."""
    return {"Put": {"TableName": table_name, "Item": outbox_item(event)}}
