"""Payments for tests: events as the shop sends them, and the service without its edges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

import msgspec

from common.clock import new_id
from common.events import Envelope
from payments.announcing import Announcer
from payments.logic import Payments
from payments.models import Payment
from payments.ports import Ledger
from payments.sweeping import Sweeper, Swept
from tests.support.measurements import Measurements
from tests.support.payloads import CUSTOMER
from tests.support.payments_bank import Bank, ProcessKilledError
from tests.support.payments_ledger import InMemoryLedger, Topic

L = TypeVar("L", bound=Ledger)

START = datetime(2026, 11, 24, 3, 11, tzinfo=UTC)
STALE_SECONDS = 60
FACTS: dict[str, dict[str, object]] = {
    "OrderPlaced": {
        "lines": [{"product_id": "mug", "quantity": 2, "unit_price": 1250}],
        "total": 2500,
        "currency": "EUR",
        "payment_token": "tok_approved",
    },
    "StockReserved": {
        "lines": [{"product_id": "mug", "quantity": 2}],
        "expires_at": "2026-11-24T03:41:00.000Z",
    },
    "StockRejected": {"shortages": [{"product_id": "mug", "requested": 2, "available": 1}]},
    "OrderCancelled": {"reason": "customer", "total": 2500, "currency": "EUR"},
}
"""Every event payments consumes, with the data its producer writes."""


def shop_event(
    kind: str, order_id: str, *, customer_id: str | None = CUSTOMER, **changes: object
) -> Envelope:
    """An event of another service about an order; `changes` replace fields of its usual data."""
    data: Mapping[str, object] = {**FACTS[kind], **changes}
    return Envelope(
        id=new_id(),
        type=kind,
        version=1,
        occurred_at="2026-11-24T03:11:00.000Z",
        order_id=order_id,
        customer_id=customer_id,
        correlation_id=f"correlation-of-{kind}",
        data=msgspec.Raw(msgspec.json.encode(data)),
    )


class Clock:
    """A clock that moves on a millisecond whenever it is read, and when it is told to."""

    def __init__(self) -> None:
        self._now = START

    def __call__(self) -> datetime:
        self._now += timedelta(milliseconds=1)
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


class Service(Generic[L]):
    """The whole service without its edges, on any ledger, with a bank and a topic in memory."""

    def __init__(self, ledger: L, *, bank: Bank | None = None, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.ledger = ledger
        self.bank = bank or Bank()
        self.topic = Topic()
        self.counted: Counter[str] = Counter()
        self.measured = Measurements()
        announcer = Announcer(self.ledger, self.topic, clock=self.clock)
        self.payments = Payments(
            self.ledger,
            self.bank,
            announcer,
            clock=self.clock,
            new_id=new_id,
            count=lambda name: self.counted.update([name]),
            measure=self.measured,
        )
        self.sweeper = Sweeper(
            self.ledger,
            self.bank,
            self.payments,
            announcer,
            clock=self.clock,
            stale_after=timedelta(seconds=STALE_SECONDS),
        )
        self.order_id = new_id()

    @property
    def payment(self) -> Payment:
        """The payment of `order_id`."""
        found = self.ledger.payment(self.order_id)
        assert found is not None
        return found

    @property
    def money(self) -> tuple[int, int]:
        """How often money was taken and given back for `order_id`."""
        return self.bank.taken[self.order_id], self.bank.given[self.order_id]

    def event(self, kind: str, **changes: Any) -> Envelope:
        """An event about `order_id`."""
        return shop_event(kind, self.order_id, **changes)

    def deliver(self, *events: Envelope) -> None:
        """Hand the events over, one after the other; a killed process loses only its own."""
        handlers = {
            "OrderPlaced": self.payments.order_placed,
            "StockReserved": self.payments.stock_reserved,
            "StockRejected": self.payments.stock_rejected,
            "OrderCancelled": self.payments.order_cancelled,
        }
        for event in events:
            with suppress(ProcessKilledError):
                handlers[event.type](event)

    def happen(self, *kinds: str, **changes: object) -> None:
        """Deliver a new event of each kind; `changes` are for `OrderPlaced`."""
        for kind in kinds:
            self.deliver(self.event(kind, **(changes if kind == "OrderPlaced" else {})))

    def sweep(self, *, after_seconds: float = STALE_SECONDS + 1) -> Swept | None:
        """One run of the sweeper, that much later; None when its process is killed."""
        self.clock.advance(after_seconds)
        with suppress(ProcessKilledError):
            return self.sweeper.sweep()
        return None


class Shop(Service[InMemoryLedger]):
    """The whole service in memory."""

    def __init__(self) -> None:
        super().__init__(InMemoryLedger())
