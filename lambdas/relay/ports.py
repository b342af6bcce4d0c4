"""What the relay needs of the world. Methods raise when it does not answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from common.events import Envelope
from relay.models import OutboxEntry


class Outbox(Protocol):
    """The events of one table."""

    def unpublished(self, before: datetime) -> Iterator[OutboxEntry]:
        """What waits since before that instant, oldest first; some may be published by now."""
        ...

    def mark_published(self, entry: OutboxEntry) -> None:
        """The entry waits no longer, and disappears after a while; one that is gone is fine."""
        ...


class EventTopic(Protocol):
    """The shop's topic."""

    def publish(self, event: Envelope, traceparent: str | None) -> None:
        """Returns once the topic has accepted the event.

        Raises UndeliverableError when it never will.
        """
        ...
