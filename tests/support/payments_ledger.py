"""A ledger and a topic in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from payments.models import Payment
from payments.ports import Announcement, Decide, Moved


class InMemoryLedger:
    """A Ledger that keeps the promises of `payments.ports`."""

    def __init__(self) -> None:
        self.payments: dict[str, Payment] = {}
        self.outbox: dict[str, Announcement] = {}
        self.published: dict[str, datetime] = {}
        self.seen: set[str] = set()
        self.heard: set[str] = set()

    def payment(self, order_id: str) -> Payment | None:
        return self.payments.get(order_id)

    def record(self, event_id: str, fresh: Payment, decide: Decide) -> Moved:
        if event_id in self.seen:
            known = self.payments[fresh.order_id]
            return Moved(known, known)
        self.seen.add(event_id)
        self.payments.setdefault(fresh.order_id, fresh)
        return self.settle(fresh.order_id, decide)

    def hear(self, event_id: str, event_type: str, order_id: str, decide: Decide) -> Moved:
        if event_id in self.heard:
            known = self.payments[order_id]
            return Moved(known, known)
        moved = self.settle(order_id, decide)
        self.heard.add(event_id)
        return moved

    def settle(self, order_id: str, decide: Decide) -> Moved:
        before = self.payments[order_id]
        decision = decide(before)
        if decision is None:
            return Moved(before, before)
        self.payments[order_id] = decision.after
        self.outbox.update((entry.event.id, entry) for entry in decision.announcements)
        return Moved(before, decision.after, decision.announcements)

    def unsettled(self, stale_before: datetime, limit: int) -> Sequence[Payment]:
        def waits(payment: Payment) -> bool:
            stale = payment.claimed_at is not None and payment.claimed_at < stale_before
            claimed = payment.status in ("CHARGING", "REFUNDING")
            return payment.status == "UNKNOWN" or (claimed and stale)

        return [payment for payment in self.payments.values() if waits(payment)][:limit]

    def unpublished(self, before: datetime, limit: int) -> Sequence[Announcement]:
        def waits(entry: Announcement) -> bool:
            made = datetime.fromisoformat(entry.event.occurred_at)
            return entry.event.id not in self.published and made < before

        return [entry for entry in self.outbox.values() if waits(entry)][:limit]

    def mark_published(self, event_ids: Sequence[str], moment: datetime) -> None:
        self.published.update(dict.fromkeys(event_ids, moment))

    def forget(self, before: datetime, limit: int) -> int:
        old = [event_id for event_id, at in self.published.items() if at < before][:limit]
        for event_id in old:
            del self.published[event_id], self.outbox[event_id]
        return len(old)


class Topic:
    """A Publisher that keeps what it is given, and refuses while it is `down`."""

    def __init__(self) -> None:
        self.accepted: list[Announcement] = []
        self.down = False

    def publish(self, announcement: Announcement) -> None:
        if self.down:
            raise ConnectionError("the topic is down")
        self.accepted.append(announcement)

    def told(self) -> list[str]:
        """The types of the events it has, in order."""
        return [announcement.event.type for announcement in self.accepted]
