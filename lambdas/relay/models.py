"""What the relay carries."""

from __future__ import annotations

import msgspec

from common.dynamo import Item, from_item
from common.events import Envelope, decode_envelope


class UndeliverableError(ValueError):
    """An item whose content keeps it from the topic: trying again does not help."""


class OutboxEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An event that waits in an outbox; `event` is its envelope as JSON."""

    pk: str
    sk: str
    occurred_at: str
    event: str
    traceparent: str | None = None


def read(item: Item) -> tuple[OutboxEntry, Envelope]:
    """An outbox item in DynamoDB's wire form and the event in it.

    Raises UndeliverableError, with the item's key, when it holds none.
    """
    try:
        entry = msgspec.convert(from_item(item), OutboxEntry)
        return entry, decode_envelope(entry.event)
    except (msgspec.MsgspecError, TypeError, ValueError) as error:
        raise UndeliverableError(f"{item.get('pk')} is no event: {error}") from error
