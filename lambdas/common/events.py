"""The event envelope, the same for every service and every transport (DESIGN section 2).

A producer declares its event types as `EventData` structs in its own `events.py`. A consumer
decodes only the fields it reads, with a struct of its own, so a producer may add fields freely:
a reader of version N accepts version N+1 with unknown fields.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, TypeVar

import msgspec

from common.clock import new_id, timestamp


class EventData(msgspec.Struct, frozen=True, kw_only=True):
    """The `data` of one event type; the class name is the type's name."""

    version: ClassVar[int] = 1


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """What travels: facts about the event, and its `data` as undecoded JSON."""

    id: str
    type: str
    version: int
    occurred_at: str
    order_id: str | None
    customer_id: str | None
    correlation_id: str
    data: msgspec.Raw

    def encode(self) -> str:
        """The envelope as a JSON document."""
        return msgspec.json.encode(self).decode()


D = TypeVar("D", bound=msgspec.Struct)


def new_event(
    data: EventData,
    *,
    occurred_at: datetime,
    correlation_id: str,
    order_id: str | None = None,
    customer_id: str | None = None,
) -> Envelope:
    """Wrap `data`; type and version come from its class, the id is a fresh UUIDv7."""
    return Envelope(
        id=new_id(),
        type=type(data).__name__,
        version=data.version,
        occurred_at=timestamp(occurred_at),
        order_id=order_id,
        customer_id=customer_id,
        correlation_id=correlation_id,
        data=msgspec.Raw(msgspec.json.encode(data)),
    )


def decode_envelope(body: str | bytes) -> Envelope:
    """Read an envelope; raises msgspec.ValidationError or DecodeError when it is not one."""
    return msgspec.json.decode(body, type=Envelope)


def decode_data(envelope: Envelope, view: type[D]) -> D:
    """Read the fields of `data` that `view` names; unknown fields are ignored."""
    return msgspec.json.decode(envelope.data, type=view)
