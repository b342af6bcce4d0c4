"""Orders for tests: requests and events as the shop sends them, and a store in memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from common.clock import new_id, timestamp
from common.errors import UnavailableError
from common.events import Envelope
from orders.models import (
    Claim,
    Order,
    OrderLine,
    OrderStatus,
    PlaceOrder,
    Product,
    ShippingAddress,
    Step,
)
from orders.ports import Change, Position, Written
from tests.support.payloads import CUSTOMER

START = datetime(2026, 11, 24, 3, 11, tzinfo=UTC)
ADDRESS = {
    "name": "Ada Lovelace",
    "line1": "12 St James's Square",
    "city": "London",
    "postal_code": "SW1Y 4JH",
    "country": "GB",
}
ELSEWHERE = msgspec.convert({**ADDRESS, "line1": "1 Elsewhere"}, ShippingAddress)
MUG = Product(product_id="mug", unit_price=1250, currency="EUR", active=True, revision=1)
LAMP = Product(product_id="lamp", unit_price=4999, currency="EUR", active=True, revision=1)

ANSWERS: dict[str, dict[str, object]] = {
    "StockReserved": {
        "lines": [{"product_id": "mug", "quantity": 2}],
        "expires_at": "2026-11-24T03:41:00.000Z",
    },
    "StockRejected": {"shortages": [{"product_id": "mug", "requested": 2, "available": 1}]},
    "StockReleased": {
        "reason": "reservation_expired",
        "lines": [{"product_id": "mug", "quantity": 2}],
    },
    "PaymentCaptured": {"payment_id": "pay-1", "amount": 2500, "currency": "EUR"},
    "PaymentDeclined": {"payment_id": "pay-1", "reason": "card_declined"},
    "PaymentRefunded": {"payment_id": "pay-1", "amount": 2500, "currency": "EUR"},
}
"""Every event about an order that orders consumes, with the data its producer writes."""


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def place_body(**changes: object) -> dict[str, Any]:
    """The body of a good `POST /orders`: two mugs."""
    body: dict[str, Any] = {
        "lines": [{"product_id": "mug", "quantity": 2}],
        "shipping_address": ADDRESS,
        "payment_token": "tok_approved",
    }
    return {**body, **changes}


def place_order(**changes: object) -> PlaceOrder:
    """`place_body` as the model."""
    return msgspec.convert(place_body(**changes), PlaceOrder)


def order(**changes: Any) -> Order:
    """An order of two mugs that `CUSTOMER` placed at `START`, with a fresh id."""
    fields: dict[str, Any] = {
        "order_id": new_id(),
        "customer_id": CUSTOMER,
        "status": OrderStatus.PLACED,
        "lines": (OrderLine(product_id="mug", quantity=2, unit_price=1250),),
        "total": 2500,
        "currency": "EUR",
        "shipping_address": msgspec.convert(ADDRESS, ShippingAddress),
        "created_at": timestamp(START),
        "deadline_at": timestamp(START + timedelta(seconds=600)),
        "correlation_id": "correlation-of-the-order",
    }
    return Order(**{**fields, **changes})


def shop_event(
    kind: str, order_id: str | None, data: Mapping[str, object] | None = None, *, minute: int = 12
) -> Envelope:
    """An event of another service about an order, with its usual data unless other is given."""
    return Envelope(
        id=new_id(),
        type=kind,
        version=1,
        occurred_at=f"2026-11-24T03:{minute:02}:00.000Z",
        order_id=order_id,
        customer_id=None if order_id is None else CUSTOMER,
        correlation_id="correlation-of-the-event",
        data=msgspec.Raw(msgspec.json.encode(ANSWERS[kind] if data is None else data)),
    )


def product_changed(product: Product = MUG, *, name: str = "Mug") -> Envelope:
    """`ProductChanged` with every field inventory writes."""
    data = {**msgspec.to_builtins(product), "name": name}
    return shop_event("ProductChanged", None, data)


class InMemoryOrderStore:
    """An `OrderStore` and `OrderDesk` that keeps the promises of `orders.ports`.

    `interruptions` run one by one, each before the next change is applied; `broken` names orders
    that cannot be read.
    """

    def __init__(self, *products: Product) -> None:
        self.orders: dict[str, Order] = {}
        self.steps: dict[str, dict[str, Step]] = {}
        self.events: list[Envelope] = []
        self.claims: dict[tuple[str, str], Claim] = {}
        self.catalogue = {product.product_id: product for product in products}
        self.interruptions: list[Callable[[], object]] = []
        self.broken: set[str] = set()

    def add(self, placed: Order) -> Order:
        """Put an order there as if it had just been placed."""
        self.orders[placed.order_id] = placed
        self.steps[placed.order_id] = {}
        return placed

    def told(self) -> list[str]:
        """The types of all events, in order of their writing."""
        return [event.type for event in self.events]

    def order(self, order_id: str) -> Order | None:
        if order_id in self.broken:
            raise UnavailableError("the store does not answer")
        return self.orders.get(order_id)

    def history(self, order_id: str) -> tuple[Order, list[Step]] | None:
        found = self.order(order_id)
        return None if found is None else (found, list(self.steps[order_id].values()))

    def orders_of(
        self, customer_id: str, after: Position | None, limit: int
    ) -> tuple[list[Order], bool]:
        mine = [each for each in self.orders.values() if each.customer_id == customer_id]
        mine.sort(key=lambda each: (each.created_at, each.order_id), reverse=True)
        if after is not None:
            place = (after.created_at, after.order_id)
            mine = [each for each in mine if (each.created_at, each.order_id) < place]
        return mine[:limit], len(mine) > limit

    def apply(self, change: Change) -> Written:
        if self.interruptions:
            self.interruptions.pop(0)()
        order_id = change.before.order_id
        current, steps = self.orders[order_id], self.steps[order_id]
        if change.steps[0].event_id in steps:
            return Written.SEEN
        if change.before != change.after:
            if _decides(current) != _decides(change.before):
                return Written.LOST
            self.orders[order_id] = _with_difference(current, change)
        steps.update({step.event_id: step for step in change.steps})
        self.events.extend(change.events)
        return Written.DONE

    def overdue(self, moment: str, limit: int) -> list[str]:
        waiting = {OrderStatus.PLACED, OrderStatus.RESERVED}
        late = [
            each
            for each in self.orders.values()
            if each.status in waiting and each.deadline_at <= moment
        ]
        late.sort(key=lambda each: each.deadline_at)
        return [each.order_id for each in late[:limit]]

    def save_product(self, product: Product) -> bool:
        known = self.catalogue.get(product.product_id)
        if known is not None and known.revision >= product.revision:
            return False
        self.catalogue[product.product_id] = product
        return True

    def claim(self, claim: Claim, now: datetime) -> bool:
        known = self.claim_like(claim)
        if known is not None and known.expires_at > now.timestamp():
            return False
        self.claims[claim.customer_id, claim.key_digest] = claim
        return True

    def claim_like(self, claim: Claim) -> Claim | None:
        return self.claims.get((claim.customer_id, claim.key_digest))

    def take_over(self, claim: Claim, token: str) -> bool:
        if not self._held(claim, token):
            return False
        self.claims[claim.customer_id, claim.key_digest] = claim
        return True

    def release(self, claim: Claim) -> None:
        if self._held(claim, claim.token):
            del self.claims[claim.customer_id, claim.key_digest]

    def products(self, product_ids: Collection[str]) -> dict[str, Product]:
        return {each: self.catalogue[each] for each in product_ids if each in self.catalogue}

    def place(self, order: Order, step: Step, event: Envelope, completed: Claim) -> bool:
        if self.interruptions:
            self.interruptions.pop(0)()
        if order.order_id in self.orders or not self._held(completed, completed.token):
            return False
        self.add(order)
        self.steps[order.order_id][step.event_id] = step
        self.events.append(event)
        self.claims[completed.customer_id, completed.key_digest] = completed
        return True

    def _held(self, claim: Claim, token: str) -> bool:
        known = self.claim_like(claim)
        return known is not None and known.token == token and known.answer is None


class InMemoryReceiptShelf:
    """A `ReceiptShelf` whose links name the document and their lifetime; `broken`: no answer."""

    def __init__(self) -> None:
        self.documents: dict[str, bytes] = {}
        self.broken = False

    def put(self, key: str, document: bytes, *, replace: bool) -> None:
        if self.broken:
            raise UnavailableError("the shelf does not answer")
        if replace or key not in self.documents:
            self.documents[key] = document

    def link(self, key: str, lifetime: timedelta) -> str:
        return f"https://shelf.example/{key}?seconds={lifetime.total_seconds():g}"


class CannedInquiry:
    """A `StockInquiry` with one answer for everything; None for no answer at all."""

    def __init__(self, answer: bool | None = True) -> None:
        self.answer = answer
        self.asked: list[Sequence[OrderLine]] = []

    def available(self, lines: Sequence[OrderLine], correlation_id: str) -> bool:
        self.asked.append(lines)
        if self.answer is None:
            raise UnavailableError("inventory does not answer")
        return self.answer


def _decides(current: Order) -> tuple[OrderStatus, ShippingAddress]:
    return current.status, current.shipping_address


def _with_difference(current: Order, change: Change) -> Order:
    differing = {
        field: getattr(change.after, field)
        for field in Order.__struct_fields__
        if getattr(change.after, field) != getattr(change.before, field)
    }
    return msgspec.structs.replace(current, **differing)
