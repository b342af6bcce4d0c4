"""What the relay carries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import msgspec


class UndeliverableError(ValueError):
    """An entry whose content keeps it from the topic: trying again does not help."""


class OutboxEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An event that waits in an outbox; `event` is its envelope as JSON, not yet decoded."""

    pk: str
    sk: str
    occurred_at: str
    event: str
    traceparent: str | None = None

    @classmethod
    def of(cls, item: Mapping[str, Mapping[str, Any]]) -> Self:
        """The entry in an item of DynamoDB's wire form; what is not text reads as empty."""
        text = {name: value.get("S", "") for name, value in item.items()}
        return cls(
            pk=text["pk"],
            sk=text["sk"],
            occurred_at=text.get("occurred_at", ""),
            event=text.get("event", ""),
            traceparent=text.get("traceparent"),
        )
