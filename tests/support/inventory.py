"""Inventory for tests: events as the shop sends them, a store in memory, the table."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec

from common.clock import new_id
from common.events import Envelope
from common.observability import logger
from inventory.logic import Decision, Reservations
from inventory.models import (
    Product,
    ProductDetails,
    RecordedAdjustment,
    Reservation,
    ReservationStatus,
    StockAdjustment,
)
from inventory.ports import Written

DETAILS = ProductDetails(name="Mug", unit_price=1250, currency="EUR", active=True)
FIRST_ADJUSTMENT = UUID("019ab000-0000-7000-8000-000000000001")
START = datetime(2026, 11, 24, 3, 11, tzinfo=UTC)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def order_event(kind: str, order_id: str, data: Mapping[str, object] | None = None) -> Envelope:
    """An event of orders about `order_id`, with a fresh id and the customer `customer-1`."""
    return Envelope(
        id=new_id(),
        type=kind,
        version=1,
        occurred_at="2026-11-24T03:11:00.000Z",
        order_id=order_id,
        customer_id="customer-1",
        correlation_id=f"correlation-of-{order_id}",
        data=msgspec.Raw(msgspec.json.encode(data or {})),
    )


def order_placed(order_id: str, lines: Mapping[str, int]) -> Envelope:
    """`OrderPlaced` with `{product id: quantity}`, and fields inventory does not read."""
    sold = [
        {"product_id": product_id, "quantity": quantity, "unit_price": 1250}
        for product_id, quantity in lines.items()
    ]
    data = {"lines": sold, "total": 1250, "currency": "EUR", "payment_token": "tok_approved"}
    return order_event("OrderPlaced", order_id, data)


def order_confirmed(order_id: str) -> Envelope:
    """`OrderConfirmed`."""
    return order_event("OrderConfirmed", order_id, {"total": 1250, "currency": "EUR"})


def order_cancelled(order_id: str) -> Envelope:
    """`OrderCancelled` by the customer."""
    data = {"reason": "customer", "total": 1250, "currency": "EUR"}
    return order_event("OrderCancelled", order_id, data)


def product(product_id: str, available: int, *, reserved: int = 0) -> Product:
    """A product with that stock and the details `DETAILS`."""
    return Product(
        product_id=product_id, details=DETAILS, revision=1, available=available, reserved=reserved
    )


class InMemoryStockStore:
    """Both of inventory's stores, with the conditions of the real one.

    `meanwhile` holds what others do just before the next write: each is run once, in order.
    """

    def __init__(self, *products: Product) -> None:
        self.catalogue = {product.product_id: product for product in products}
        self.reservations: dict[str, Reservation] = {}
        self.adjustments: dict[str, RecordedAdjustment] = {}
        self.outbox: list[Envelope] = []
        self.meanwhile: list[Callable[[], object]] = []

    def reserve(self, reservation: Reservation, event: Envelope) -> Written:
        self._let_others_write()
        if reservation.order_id in self.reservations:
            return Written.SEEN
        for line in reservation.lines:
            known = self.catalogue.get(line.product_id)
            if known is None or known.available < line.quantity:
                return Written.SHORT
        self._move(reservation, "available", "reserved")
        self.reservations[reservation.order_id] = reservation
        self.outbox.append(event)
        return Written.DONE

    def record(self, reservation: Reservation, event: Envelope | None) -> bool:
        self._let_others_write()
        if reservation.order_id in self.reservations:
            return False
        self.reservations[reservation.order_id] = reservation
        self.outbox += [event] if event else []
        return True

    def commit(self, reservation: Reservation) -> bool:
        self._let_others_write()
        if not self._change_status(reservation, ReservationStatus.COMMITTED):
            return False
        self._move(reservation, "reserved", "sold")
        return True

    def release(self, reservation: Reservation, event: Envelope) -> bool:
        self._let_others_write()
        if not self._change_status(reservation, ReservationStatus.RELEASED):
            return False
        sold = reservation.status is ReservationStatus.COMMITTED
        self._move(reservation, "sold" if sold else "reserved", "available")
        self.outbox.append(event)
        return True

    def reservation(self, order_id: str) -> Reservation | None:
        return self.reservations.get(order_id)

    def expired(self, moment: str) -> Iterator[Reservation]:
        held = [
            reservation
            for reservation in self.reservations.values()
            if reservation.status is ReservationStatus.RESERVED
            and reservation.reserved_until is not None
            and reservation.reserved_until < moment
        ]
        return iter(held)

    def available(self, product_ids: Collection[str]) -> Mapping[str, int]:
        return {
            product_id: self.catalogue[product_id].available
            for product_id in product_ids
            if product_id in self.catalogue
        }

    def product(self, product_id: str) -> Product | None:
        return self.catalogue.get(product_id)

    def products(self, after: str | None, limit: int) -> Sequence[Product]:
        behind = sorted(key for key in self.catalogue if after is None or key > after)
        return [self.catalogue[product_id] for product_id in behind[:limit]]

    def save(
        self, product_id: str, details: ProductDetails, revision: int, event: Envelope
    ) -> bool:
        self._let_others_write()
        known = self.catalogue.get(product_id)
        if (known.revision if known else 0) != revision - 1:
            return False
        before = known or Product(product_id=product_id, details=details, revision=revision)
        changed = msgspec.structs.replace(before, details=details, revision=revision)
        self.catalogue[product_id] = changed
        self.outbox.append(event)
        return True

    def adjust(self, product_id: str, adjustment: StockAdjustment) -> Written:
        self._let_others_write()
        adjustment_id, quantity = str(adjustment.adjustment_id), adjustment.quantity
        if adjustment_id in self.adjustments:
            return Written.SEEN
        known = self.catalogue.get(product_id)
        if known is None or known.available + quantity < 0:
            return Written.SHORT
        made = RecordedAdjustment(product_id=product_id, quantity=quantity)
        self.adjustments[adjustment_id] = made
        changed = msgspec.structs.replace(known, available=known.available + quantity)
        self.catalogue[product_id] = changed
        return Written.DONE

    def adjustment(self, adjustment_id: str) -> RecordedAdjustment | None:
        return self.adjustments.get(adjustment_id)

    def events(self, order_id: str) -> list[str]:
        """The types of the events about that order, in order."""
        return [event.type for event in self.outbox if event.order_id == order_id]

    def _let_others_write(self) -> None:
        while self.meanwhile:
            self.meanwhile.pop(0)()

    def _change_status(self, held: Reservation, status: ReservationStatus) -> bool:
        now = self.reservations[held.order_id]
        if now.status is not held.status:
            return False
        self.reservations[held.order_id] = msgspec.structs.replace(now, status=status)
        return True

    def _move(
        self,
        reservation: Reservation,
        source: Literal["available", "reserved", "sold"],
        target: Literal["available", "reserved", "sold"],
    ) -> None:
        for line in reservation.lines:
            known = self.catalogue[line.product_id]
            pieces = {
                source: getattr(known, source) - line.quantity,
                target: getattr(known, target) + line.quantity,
            }
            self.catalogue[line.product_id] = msgspec.structs.replace(known, **pieces)


class InMemoryInventory:
    """Reservations on a store in memory that holds `available` pieces of each product."""

    def __init__(self, **available: int) -> None:
        self.clock = Clock()
        self.store = InMemoryStockStore(
            *(product(name, count) for name, count in available.items())
        )
        self.reservations = Reservations(
            self.store, held_for=timedelta(seconds=60), clock=self.clock
        )

    def stock(self, product_id: str) -> tuple[int, int, int]:
        """The product's pieces: available, reserved, sold."""
        known = self.store.catalogue[product_id]
        return known.available, known.reserved, known.sold

    def sweep(self) -> list[Decision]:
        """Expire what is due, as the worker does."""
        return [self.reservations.expire(held) for held in list(self.reservations.expired())]

    def told(self, position: int = -1) -> dict[str, Any]:
        """The data of an event of the outbox."""
        data: dict[str, Any] = msgspec.json.decode(self.store.outbox[position].data)
        return data


@contextmanager
def log_lines() -> Iterator[list[dict[str, Any]]]:
    """What is logged within the block, to be read after it."""
    handler = logger.registered_handler
    assert isinstance(handler, logging.StreamHandler)
    written, lines = io.StringIO(), list[dict[str, Any]]()
    before = handler.setStream(written)
    try:
        yield lines
    finally:
        handler.setStream(before)
        lines += [msgspec.json.decode(line) for line in written.getvalue().splitlines()]


def assert_problem(answer: Any, status: int, kind: str) -> dict[str, Any]:
    """Assert that an HTTP answer is that problem (RFC 9457) and return its body."""
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, body["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["type"].endswith(f"/problems/{kind}")
    assert body["correlation_id"] == answer.headers["x-correlation-id"]
    return body
