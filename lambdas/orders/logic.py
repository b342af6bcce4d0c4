"""What happens to orders once they are placed: reading, changing, observing, giving up."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from common.clock import parse_timestamp, timestamp
from common.errors import ConflictError, MalformedError, NotFoundError, UnavailableError
from common.events import Envelope, new_event
from common.observability import Measure, correlated, logger
from common.paging import decode_cursor, encode_cursor
from orders.facts import Fact
from orders.models import (
    Order,
    OrderStatus,
    Product,
    ShippingAddress,
    Step,
    StepView,
    Timeline,
)
from orders.ports import Change, Clock, Count, OrderStore, Position, Written
from orders.transitions import ACTIVE, Cause, announcement, moved

ATTEMPTS = 5
"""How often a change is decided again because somebody else moved the order first."""
OVERDUE_PER_RUN = 500
_ORDER_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SHOWN: tuple[str, ...] = ("reason", "total", "currency")
_COUNTED = {
    OrderStatus.CONFIRMED: "OrdersConfirmed",
    OrderStatus.CANCELLED: "OrdersCancelled",
    OrderStatus.REJECTED: "OrdersRejected",
}


class UnknownOrderError(LookupError):
    """An event about an order that was never placed: `OrderPlaced` precedes every answer."""


class Swept(msgspec.Struct, frozen=True):
    """What a sweep did: orders cancelled, and orders that could not be."""

    cancelled: int
    failed: int


def step_of(event: Envelope) -> Step:
    """The timeline entry of an event that orders itself produces."""
    data = msgspec.json.decode(event.data, type=dict[str, Any])
    detail = {key: data[key] for key in _SHOWN if key in data}
    return Step(event_id=event.id, step=event.type, at=event.occurred_at, detail=detail)


class Orders:
    """Customers' orders; one that belongs to somebody else is not found."""

    def __init__(
        self,
        store: OrderStore,
        *,
        clock: Clock,
        new_id: Callable[[], str],
        count: Count,
        measure: Measure,
    ) -> None:
        self._store = store
        self._clock = clock
        self._new_id = new_id
        self._count = count
        self._measure = measure

    def read(self, customer_id: str, order_id: str) -> Order:
        """Raises NotFoundError for an order that is not this customer's."""
        found = self._store.order(order_id) if _ORDER_ID.fullmatch(order_id) else None
        if found is None or found.customer_id != customer_id:
            raise _not_found(order_id)
        return found

    def page(
        self, customer_id: str, cursor: str | None, limit: int
    ) -> tuple[list[Order], str | None]:
        """At most `limit` orders, newest first, and the cursor of the next page, if any.

        Raises MalformedError for a cursor that this customer's list did not give.
        """
        after = None if cursor is None else _position(customer_id, cursor)
        found, more = self._store.orders_of(customer_id, after, limit)
        if not more:
            return found, None
        last = found[-1]
        return found, encode_cursor(_scope(customer_id), [last.created_at, last.order_id])

    def history(self, customer_id: str, order_id: str) -> tuple[Order, list[Step]]:
        """An order and its steps, in one look; raises NotFoundError as `read` does."""
        found = self._store.history(order_id) if _ORDER_ID.fullmatch(order_id) else None
        if found is None or found[0].customer_id != customer_id:
            raise _not_found(order_id)
        return found

    def timeline(self, customer_id: str, order_id: str) -> Timeline:
        """Every step so far, the earliest first; raises NotFoundError as `read` does."""
        _, found = self.history(customer_id, order_id)
        steps = sorted(found, key=lambda step: (step.at, step.event_id))
        return Timeline(
            order_id=order_id,
            steps=tuple(StepView(step=s.step, at=s.at, detail=s.detail) for s in steps),
        )

    def change_address(self, customer_id: str, order_id: str, address: ShippingAddress) -> Order:
        """The order with its new address; the same address again changes nothing.

        Raises ConflictError when the order will not be delivered, NotFoundError as `read` does.
        """

        def decide(order: Order) -> Change | None:
            if order.status not in ACTIVE:
                raise ConflictError(
                    f"order {order_id} is {order.status}; its address can change while it is "
                    f"PLACED, RESERVED or CONFIRMED"
                )
            if order.shipping_address == address:
                return None
            after = msgspec.structs.replace(order, shipping_address=address)
            step = Step(
                event_id=self._new_id(),
                step="ShippingAddressChanged",
                at=timestamp(self._clock()),
            )
            return Change(before=order, after=after, steps=(step,))

        return self._settle(lambda: self.read(customer_id, order_id), decide)

    def cancel(self, customer_id: str, order_id: str, correlation_id: str) -> Order:
        """The order, cancelled; one that was cancelled before is answered as it is.

        Raises ConflictError for a rejected order, NotFoundError as `read` does.
        """

        def decide(order: Order) -> Change | None:
            if order.status is OrderStatus.REJECTED:
                raise ConflictError(
                    f"order {order_id} is REJECTED: nothing is left to cancel; place a new one"
                )
            return self._move(order, Cause.CUSTOMER_CANCELS, correlation_id)

        return self._settle(lambda: self.read(customer_id, order_id), decide)

    def observe(self, fact: Fact) -> Order:
        """Record the fact once, and move the order where it still matters.

        Once a fact does not matter to an order it never will, since orders only move forward: a
        record that moves nothing needs no condition but its own novelty.
        Raises UnknownOrderError.
        """

        def decide(order: Order) -> Change:
            change = self._move(order, fact.cause, fact.correlation_id) if fact.cause else None
            after = change.after if change else order
            if fact.refunded:
                after = msgspec.structs.replace(after, refunded=True)
            return Change(
                before=order,
                after=after,
                steps=(fact.step, *(change.steps if change else ())),
                events=change.events if change else (),
            )

        return self._settle(lambda: self._known(fact.order_id), decide)

    def cancel_overdue(self) -> Swept:
        """Cancel open orders past their deadline, the longest overdue first, 500 at most.

        One that fails is logged and left for the next run.
        """
        moment = timestamp(self._clock())
        cancelled = failed = 0
        for order_id in self._store.overdue(moment, OVERDUE_PER_RUN):
            try:
                cancelled += self._cancel_overdue(order_id)
            except Exception:
                logger.exception("overdue order not cancelled", extra={"order_id": order_id})
                failed += 1
        return Swept(cancelled=cancelled, failed=failed)

    def learn_product(self, product: Product) -> bool:
        """Remember a product's price; False when this or a later revision is known already."""
        return self._store.save_product(product)

    def _cancel_overdue(self, order_id: str) -> bool:
        """The index says it is overdue, and a deadline never changes; the status may have."""
        correlation_id = self._known(order_id).correlation_id
        with correlated(correlation_id):
            settled = self._settle(
                lambda: self._known(order_id),
                lambda order: self._move(order, Cause.DEADLINE_PASSED, correlation_id),
            )
        return settled.cancel_reason == "deadline"

    def _known(self, order_id: str) -> Order:
        found = self._store.order(order_id)
        if found is None:
            raise UnknownOrderError(f"order {order_id} was never placed")
        return found

    def _move(self, order: Order, cause: Cause, correlation_id: str) -> Change | None:
        after = moved(order, cause)
        if after is order:
            return None
        news = announcement(after)
        if news is None:
            return Change(before=order, after=after, steps=())
        event = new_event(
            news,
            occurred_at=self._clock(),
            correlation_id=correlation_id,
            order_id=order.order_id,
            customer_id=order.customer_id,
        )
        return Change(before=order, after=after, steps=(step_of(event),), events=(event,))

    def _settle(self, read: Callable[[], Order], decide: Callable[[Order], Change | None]) -> Order:
        for _ in range(ATTEMPTS):
            order = read()
            change = decide(order)
            if change is None:
                return order
            match self._store.apply(change):
                case Written.DONE:
                    self._tell(change)
                    return change.after
                case Written.SEEN:
                    return read()
        raise UnavailableError("the order keeps changing; try again")

    def _tell(self, change: Change) -> None:
        before, after = change.before, change.after
        if before.status is not after.status:
            about = {"order_id": after.order_id, "from": before.status, "to": after.status}
            logger.info("order moved", extra=about)
            if counted := _COUNTED.get(after.status):
                self._count(counted)
            if after.status is OrderStatus.CONFIRMED:
                waited = self._clock() - parse_timestamp(after.created_at)
                self._measure("SecondsToConfirmed", waited.total_seconds(), "Seconds")


def _not_found(order_id: str) -> NotFoundError:
    return NotFoundError(f"you have no order {order_id[:64]!r}")


def _scope(customer_id: str) -> str:
    return f"orders of {customer_id}"


def _position(customer_id: str, cursor: str) -> Position:
    match decode_cursor(_scope(customer_id), cursor):
        case [created_at, order_id]:
            return Position(created_at=created_at, order_id=order_id)
        case _:
            raise MalformedError("the cursor is not one this list gave; start without a cursor")
