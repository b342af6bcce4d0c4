"""What inventory decides about orders: reserve, commit, release, expire."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from enum import Enum
from typing import Literal

import msgspec

from common.clock import timestamp
from common.errors import ConflictError, MalformedError, UnavailableError
from common.events import Envelope, EventData, decode_data, new_event
from inventory.events import (
    StockLine,
    StockRejected,
    StockReleased,
    StockReserved,
    StockShortage,
)
from inventory.models import Line, PlacedOrder, Reservation, ReservationStatus, Shortage
from inventory.ports import ReservationStore, Written

ATTEMPTS = 5

Clock = Callable[[], datetime]


class Decision(Enum):
    """What became of an event; NOTHING when it had been decided before."""

    RESERVED = "StockReserved"
    REJECTED = "StockRejected"
    COMMITTED = "StockCommitted"
    RELEASED = "StockReleased"
    NOTHING = "nothing"


def merged(lines: Iterable[Line]) -> tuple[Line, ...]:
    """One line per product, in the order of first mention."""
    quantities: Counter[str] = Counter()
    for line in lines:
        quantities[line.product_id] += line.quantity
    return tuple(Line(product_id, quantity) for product_id, quantity in quantities.items())


def shortages_of(lines: Iterable[Line], available: Mapping[str, int]) -> tuple[Shortage, ...]:
    """The lines that `available` does not cover; an unknown product has 0 pieces."""
    return tuple(
        Shortage(line.product_id, line.quantity, available.get(line.product_id, 0))
        for line in lines
        if available.get(line.product_id, 0) < line.quantity
    )


def _stock_lines(lines: Iterable[Line]) -> tuple[StockLine, ...]:
    return tuple(StockLine(line.product_id, line.quantity) for line in lines)


def _order_id(envelope: Envelope) -> str:
    if not envelope.order_id:
        raise MalformedError(f"{envelope.type} {envelope.id} names no order; its producer must")
    return envelope.order_id


class Reservations:
    """Decides once per order and event, whatever is delivered twice, late or in another order."""

    def __init__(self, store: ReservationStore, *, held_for: timedelta, clock: Clock) -> None:
        self._store = store
        self._held_for = held_for
        self._clock = clock

    def place(self, envelope: Envelope) -> Decision:
        """`OrderPlaced`: hold all lines, or say which products lack pieces.

        Raises UnavailableError when neither could be written; the message comes again.
        """
        lines = merged(decode_data(envelope, PlacedOrder).lines)
        for _ in range(ATTEMPTS):
            if (decision := self._reserve(envelope, lines)) is not None:
                return decision
            available = self._store.available([line.product_id for line in lines])
            if shortages := shortages_of(lines, available):
                return self._reject(envelope, shortages)
        raise UnavailableError(f"the stock of order {envelope.order_id} keeps changing")

    def confirm(self, envelope: Envelope) -> Decision:
        """`OrderConfirmed`: what is held is sold and no longer expires.

        Nothing when it was given back already: orders compensates on `StockReleased`. Raises
        ConflictError for an order never seen, whose `OrderPlaced` must come first.
        """
        held = self._store.reservation(_order_id(envelope))
        if held is None:
            raise ConflictError(f"order {envelope.order_id} is confirmed but was never placed here")
        if held.status is not ReservationStatus.RESERVED or not self._store.commit(held):
            return Decision.NOTHING
        return Decision.COMMITTED

    def cancel(self, envelope: Envelope) -> Decision:
        """`OrderCancelled`: give back what is held or sold; an order not yet seen never gets any.

        Raises UnavailableError when the reservation keeps changing meanwhile.
        """
        for _ in range(ATTEMPTS):
            held = self._store.reservation(_order_id(envelope))
            if held is None:
                buried = self._new(envelope, ReservationStatus.CANCELLED)
                if self._store.record(buried, None):
                    return Decision.NOTHING
            elif held.status not in (ReservationStatus.RESERVED, ReservationStatus.COMMITTED):
                return Decision.NOTHING
            elif self._release(held, "order_cancelled"):
                return Decision.RELEASED
        raise UnavailableError(f"the reservation of order {envelope.order_id} keeps changing")

    def expired(self) -> Iterator[Reservation]:
        """The reservations whose time is over, to be handed to `expire` one by one."""
        return self._store.expired(timestamp(self._clock()))

    def expire(self, reservation: Reservation) -> Decision:
        """Give back what nobody confirmed in time; nothing when somebody just has."""
        released = self._release(reservation, "reservation_expired")
        return Decision.RELEASED if released else Decision.NOTHING

    def _reserve(self, envelope: Envelope, lines: tuple[Line, ...]) -> Decision | None:
        until = timestamp(self._clock() + self._held_for)
        reservation = self._new(envelope, ReservationStatus.RESERVED, lines, until)
        event = self._event(reservation, StockReserved(lines=_stock_lines(lines), expires_at=until))
        match self._store.reserve(reservation, event):
            case Written.DONE:
                return Decision.RESERVED
            case Written.SEEN:
                return Decision.NOTHING
            case Written.SHORT:
                return None

    def _reject(self, envelope: Envelope, shortages: tuple[Shortage, ...]) -> Decision:
        reservation = self._new(envelope, ReservationStatus.REJECTED)
        told = tuple(StockShortage(**msgspec.structs.asdict(shortage)) for shortage in shortages)
        event = self._event(reservation, StockRejected(shortages=told))
        recorded = self._store.record(reservation, event)
        return Decision.REJECTED if recorded else Decision.NOTHING

    def _release(
        self, held: Reservation, reason: Literal["order_cancelled", "reservation_expired"]
    ) -> bool:
        event = self._event(held, StockReleased(reason=reason, lines=_stock_lines(held.lines)))
        return self._store.release(held, event)

    def _new(
        self,
        envelope: Envelope,
        status: ReservationStatus,
        lines: tuple[Line, ...] = (),
        until: str | None = None,
    ) -> Reservation:
        return Reservation(
            order_id=_order_id(envelope),
            customer_id=envelope.customer_id,
            correlation_id=envelope.correlation_id,
            status=status,
            lines=lines,
            reserved_until=until,
        )

    def _event(self, reservation: Reservation, data: EventData) -> Envelope:
        return new_event(
            data,
            occurred_at=self._clock(),
            correlation_id=reservation.correlation_id,
            order_id=reservation.order_id,
            customer_id=reservation.customer_id,
        )
