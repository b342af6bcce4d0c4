"""Placing an order, once per idempotency key (the contract of Stripe's API).

- The same key and body: the first answer again, word by word.
- The same key and another body: 422. While the first request is at work: 409.
- A request refused before anything was written (422 for what it asks, 503 for a store that does not
  answer) keeps no claim: as at Stripe, where a failed validation is not saved, the same key may be
  used again once the request is right. Nothing is lost by that, since the order, its event and the
  answer are one transaction that holds only while the claim is this request's own.
- A request that died leaves its claim for 60 seconds. Whoever comes later takes it over with the
  order id that was chosen then, so that two of them cannot become two orders.
- A key is forgotten after 24 hours.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import timedelta

import msgspec

from common.clock import parse_timestamp, timestamp
from common.errors import ConflictError, InvalidError, ServiceError, UnavailableError
from common.events import Envelope, new_event
from common.observability import logger
from orders.events import OrderPlaced, PlacedLine
from orders.logic import step_of
from orders.models import (
    Answer,
    Availability,
    Claim,
    Order,
    OrderLine,
    OrderStatus,
    OrderView,
    PlaceOrder,
    Product,
)
from orders.ports import Clock, Count, OrderDesk, StockInquiry

CLAIM_SECONDS = 60
KEY_HOURS = 24
CREATED = 201
_ATTEMPTS = 3


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, and under which key and correlation id."""

    customer_id: str
    idempotency_key: str
    correlation_id: str


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to the customer; `replayed` when an earlier request earned it."""

    order_id: str
    answer: Answer
    replayed: bool


class OrderPlacing:
    """Takes orders; `deadline` is how long one may wait for stock and money."""

    def __init__(
        self,
        desk: OrderDesk,
        inquiry: StockInquiry,
        *,
        deadline: timedelta,
        clock: Clock,
        new_id: Callable[[], str],
        count: Count,
    ) -> None:
        self._desk = desk
        self._inquiry = inquiry
        self._deadline = deadline
        self._clock = clock
        self._new_id = new_id
        self._count = count

    def place(self, wanted: PlaceOrder, caller: Caller) -> Placed:
        """Place the order, or answer as the first request with this key was answered.

        Raises InvalidError for products that cannot be bought together and for a key that was used
        with another body, ConflictError while the key's first request is at work.
        """
        claim = self._claim(self._new_claim(wanted, caller))
        if claim.answer is not None:
            return Placed(order_id=claim.order_id, answer=claim.answer, replayed=True)
        try:
            return self._place(wanted, claim, caller.correlation_id)
        except Exception:
            self._release(claim)
            raise

    def _place(self, wanted: PlaceOrder, claim: Claim, correlation_id: str) -> Placed:
        order = self._priced(wanted, claim, correlation_id)
        view = OrderView.of(order, availability=self._availability(order))
        answer = Answer(status=CREATED, body=msgspec.json.encode(view).decode())
        event = _order_placed(order, wanted.payment_token)
        completed = msgspec.structs.replace(claim, answer=answer)
        if self._desk.place(order, step_of(event), event, completed):
            self._count("OrdersPlaced")
            return Placed(order_id=order.order_id, answer=answer, replayed=False)
        known = self._desk.claim_like(claim)
        if known is None or known.answer is None or known.body_digest != claim.body_digest:
            raise _in_flight()
        return Placed(order_id=known.order_id, answer=known.answer, replayed=True)

    def _priced(self, wanted: PlaceOrder, claim: Claim, correlation_id: str) -> Order:
        products = self._desk.products([line.product_id for line in wanted.lines])
        currency = _currency(wanted, products)
        lines = tuple(
            OrderLine(
                product_id=line.product_id,
                quantity=line.quantity,
                unit_price=products[line.product_id].unit_price,
            )
            for line in wanted.lines
        )
        now = self._clock()
        return Order(
            order_id=claim.order_id,
            customer_id=claim.customer_id,
            status=OrderStatus.PLACED,
            lines=lines,
            total=sum(line.quantity * line.unit_price for line in lines),
            currency=currency,
            shipping_address=wanted.shipping_address,
            created_at=timestamp(now),
            deadline_at=timestamp(now + self._deadline),
            correlation_id=correlation_id,
        )

    def _availability(self, order: Order) -> Availability:
        """What inventory says; an order is taken either way, and the reservation decides."""
        try:
            enough = self._inquiry.available(order.lines, order.correlation_id)
        except UnavailableError as error:
            logger.warning("availability is unknown", extra={"detail": error.detail})
            return "unknown"
        return "available" if enough else "short"

    def _new_claim(self, wanted: PlaceOrder, caller: Caller) -> Claim:
        now = self._clock()
        return Claim(
            customer_id=caller.customer_id,
            key_digest=hashlib.sha256(caller.idempotency_key.encode()).hexdigest(),
            body_digest=hashlib.sha256(msgspec.json.encode(wanted)).hexdigest(),
            order_id=self._new_id(),
            token=self._new_id(),
            claimed_until=timestamp(now + timedelta(seconds=CLAIM_SECONDS)),
            expires_at=int((now + timedelta(hours=KEY_HOURS)).timestamp()),
        )

    def _claim(self, claim: Claim) -> Claim:
        """This request's own claim, or the complete one of an earlier request.

        A claim that was written and whose answer was lost, written again by the client library,
        fails on itself: its token tells it from another's.
        """
        for _ in range(_ATTEMPTS):
            now = self._clock()
            if self._desk.claim(claim, now):
                return claim
            known = self._desk.claim_like(claim)
            if known is None:
                continue
            if known.token == claim.token:
                return known
            if known.body_digest != claim.body_digest:
                raise InvalidError(
                    "this Idempotency-Key was used with another body; use a fresh key for "
                    "another order"
                )
            if known.answer is not None:
                return known
            if known.claimed_until > timestamp(now):
                raise _in_flight()
            mine = msgspec.structs.replace(claim, order_id=known.order_id)
            if self._desk.take_over(mine, known.token):
                return mine
        raise _in_flight()

    def _release(self, claim: Claim) -> None:
        try:
            self._desk.release(claim)
        except ServiceError as error:
            logger.warning("claim is not released", extra={"detail": error.detail})


def _currency(wanted: PlaceOrder, products: Mapping[str, Product]) -> str:
    errors = [
        f"lines[{at}].product_id = {line.product_id!r}: {problem}"
        for at, line in enumerate(wanted.lines)
        if (problem := _problem(products.get(line.product_id)))
    ]
    if errors:
        raise InvalidError("the order has products that cannot be bought", errors=errors)
    currencies = sorted({products[line.product_id].currency for line in wanted.lines})
    if len(currencies) > 1:
        raise InvalidError(
            f"the products are sold in {' and '.join(currencies)}; place one order per currency"
        )
    return currencies[0]


def _problem(product: Product | None) -> str | None:
    if product is None:
        return "there is no such product; choose one of GET /products"
    return None if product.active else "it is not sold at present; choose another"


def _order_placed(order: Order, payment_token: str) -> Envelope:
    lines = tuple(
        PlacedLine(product_id=line.product_id, quantity=line.quantity, unit_price=line.unit_price)
        for line in order.lines
    )
    data = OrderPlaced(
        lines=lines, total=order.total, currency=order.currency, payment_token=payment_token
    )
    return new_event(
        data,
        occurred_at=parse_timestamp(order.created_at),
        correlation_id=order.correlation_id,
        order_id=order.order_id,
        customer_id=order.customer_id,
    )


def _in_flight() -> ConflictError:
    return ConflictError(
        "a request with this Idempotency-Key is at work; repeat it in a second to learn its answer"
    )
