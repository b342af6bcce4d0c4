"""What the relay carries."""

from __future__ import annotations

import msgspec


class OutboxEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An event that waits in an outbox; `event` is its envelope as JSON, not yet decoded."""

    pk: str
    sk: str
    occurred_at: str
    event: str
    traceparent: str | None = None
