"""Notifications for tests: every event it consumes, and its world in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import msgspec

from common.clock import new_id
from common.errors import UnavailableError
from common.events import Envelope
from notifications.models import Connection, Message, StoredPreferences
from notifications.ports import Channel
from tests.support.payloads import CUSTOMER

ORDER = "019ab000-0000-7000-8000-000000000077"
OCCURRED_AT = "2026-11-24T03:11:00.123Z"
NUMBER = "+4915112345678"
CONSUMED: Mapping[str, Mapping[str, object]] = {
    "OrderPlaced": {"total": 2500, "currency": "EUR", "lines": [], "payment_token": "tok_1"},
    "OrderConfirmed": {"total": 2500, "currency": "EUR"},
    "OrderCancelled": {"reason": "customer", "total": 2500, "currency": "EUR"},
    "StockRejected": {"shortages": [{"product_id": "mug", "requested": 2, "available": 1}]},
    "PaymentDeclined": {"payment_id": "pay-1", "reason": "card_declined"},
    "PaymentRefunded": {"payment_id": "pay-1", "amount": 2500, "currency": "EUR"},
}
"""Every event that customers are told of, with the data its producer writes."""


def consumed_event(
    kind: str = "OrderConfirmed",
    *,
    data: Mapping[str, object] | None = None,
    occurred_at: str = OCCURRED_AT,
    order_id: str | None = ORDER,
    customer_id: str | None = CUSTOMER,
) -> Envelope:
    """An event about `ORDER` with a fresh id; `data` replaces what `CONSUMED` says."""
    return Envelope(
        id=new_id(),
        type=kind,
        version=1,
        occurred_at=occurred_at,
        order_id=order_id,
        customer_id=customer_id,
        correlation_id="correlation-1",
        data=msgspec.Raw(msgspec.json.encode(CONSUMED[kind] if data is None else data)),
    )


class InMemoryInboxes:
    """Messages and preferences, with the conditions of the real store."""

    def __init__(self) -> None:
        self.inboxes: dict[str, dict[str, Message]] = {}
        self.done: dict[str, set[Channel]] = {}
        self.chosen: dict[str, StoredPreferences] = {}
        self.others_choose: list[tuple[str, StoredPreferences]] = []
        """what somebody else stores just before the next `replace`, one each"""
        self.crashes = 0
        """how many of the next marks are lost in a crash"""

    def add(self, customer_id: str, message: Message) -> bool:
        inbox = self.inboxes.setdefault(customer_id, {})
        if message.position in inbox:
            return False
        inbox[message.position] = message
        return True

    def alerted(self, customer_id: str, message: Message) -> frozenset[Channel]:
        return frozenset(self.done.get(message.id, ()))

    def mark_alerted(
        self, customer_id: str, message: Message, channels: Collection[Channel]
    ) -> None:
        if self.crashes:
            self.crashes -= 1
            raise SystemExit("crashed before the mark was written")
        self.done.setdefault(message.id, set()).update(channels)

    def messages(self, customer_id: str, before: str | None, limit: int) -> Sequence[Message]:
        inbox = self.inboxes.get(customer_id, {})
        older = sorted(key for key in inbox if before is None or key < before)
        return [inbox[key] for key in reversed(older)][:limit]

    def sms_number(self, customer_id: str) -> str | None:
        return self.preferences(customer_id).sms_number

    def preferences(self, customer_id: str) -> StoredPreferences:
        return self.chosen.get(customer_id, StoredPreferences())

    def replace(self, customer_id: str, preferences: StoredPreferences) -> bool:
        if self.others_choose:
            other, theirs = self.others_choose.pop(0)
            self.chosen[other] = theirs
        if preferences.revision != self.preferences(customer_id).revision + 1:
            return False
        self.chosen[customer_id] = preferences
        return True


class RecordingAlerts:
    """Remembers what was sent; `down` channels answer nothing."""

    def __init__(self) -> None:
        self.published: list[tuple[str, str]] = []
        self.texts: list[tuple[str, str]] = []
        self.down: set[Channel] = set()
        self.refused_numbers: set[str] = set()

    def publish(self, customer_id: str, message: Message) -> None:
        self._require(Channel.TOPIC)
        self.published.append((customer_id, message.text))

    def send_text(self, number: str, message: Message) -> bool:
        self._require(Channel.SMS)
        if number in self.refused_numbers:
            return False
        self.texts.append((number, message.text))
        return True

    def _require(self, channel: Channel) -> None:
        if channel in self.down:
            raise UnavailableError(f"{channel} does not answer")


class RecordingLive:
    """A `LiveAlerts` that remembers what was pushed."""

    def __init__(self) -> None:
        self.pushed: list[tuple[str, str]] = []

    def push(self, customer_id: str, message: Message) -> None:
        self.pushed.append((customer_id, message.text))


class InMemoryConnections:
    """Tickets and connections, with the conditions of the real store; `down` answers nothing."""

    def __init__(self) -> None:
        self.tickets: dict[str, tuple[str, datetime]] = {}
        self.open: dict[str, Connection] = {}
        self.down = False

    def keep(self, digest: str, customer_id: str, expires_at: datetime) -> None:
        self.tickets[digest] = (customer_id, expires_at)

    def holder(self, digest: str, now: datetime) -> str | None:
        customer_id, expires_at = self.tickets.get(digest, ("", now))
        return customer_id if expires_at > now else None

    def admit(
        self, digest: str, connection: Connection, now: datetime, expires_at: datetime
    ) -> bool:
        if self.holder(digest, now) != connection.customer_id:
            return False
        del self.tickets[digest]
        self.open[connection.connection_id] = connection
        return True

    def of(self, customer_id: str) -> Sequence[Connection]:
        if self.down:
            raise UnavailableError("the connections do not answer")
        mine = [each for each in self.open.values() if each.customer_id == customer_id]
        return sorted(mine, key=lambda each: (each.connected_at, each.connection_id))

    def find(self, connection_id: str) -> Connection | None:
        return self.open.get(connection_id)

    def remove(self, connection: Connection) -> None:
        self.open.pop(connection.connection_id, None)


class RecordingPusher:
    """A `Pusher`: `gone` connections are none any more, `down` ones do not answer."""

    def __init__(self) -> None:
        self.posted: list[tuple[str, bytes]] = []
        self.closed: list[str] = []
        self.gone: set[str] = set()
        self.down: set[str] = set()

    def post(self, connection_id: str, text: bytes) -> bool:
        self._require(connection_id)
        if connection_id in self.gone:
            return False
        self.posted.append((connection_id, text))
        return True

    def close(self, connection_id: str) -> bool:
        self._require(connection_id)
        self.closed.append(connection_id)
        return connection_id not in self.gone

    def _require(self, connection_id: str) -> None:
        if connection_id in self.down:
            raise UnavailableError(f"{connection_id} does not answer")


class InMemorySubscriptions:
    """SNS's subscriptions: one per address, kept while nobody has confirmed it."""

    def __init__(self) -> None:
        self.active: dict[str, str] = {}
        """customer ids by address"""
        self.confirmed: set[str] = set()
        self.asked: list[str] = []
        """addresses that were sent a confirmation, in order"""

    def subscribe(self, customer_id: str, email: str) -> str:
        self.active[email] = customer_id
        if email not in self.confirmed:
            self.asked.append(email)
        return f"arn:{email}"

    def unsubscribe(self, subscription_arn: str) -> bool:
        email = subscription_arn.removeprefix("arn:")
        if email in self.active and email not in self.confirmed:
            return False
        self.active.pop(email, None)
        self.confirmed.discard(email)
        return True
