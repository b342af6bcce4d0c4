"""The status machine: what moves an order from where to where. Nothing moves backwards."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum, auto

import msgspec

from common.events import EventData
from orders.events import OrderCancelled, OrderConfirmed
from orders.models import CancelReason, Order, OrderStatus

OPEN = frozenset({OrderStatus.PLACED, OrderStatus.RESERVED})
"""An order that still waits for an answer and has a deadline."""
ACTIVE = OPEN | {OrderStatus.CONFIRMED}
"""An order that may still be delivered."""


class Cause(StrEnum):
    """What may move an order."""

    STOCK_RESERVED = auto()
    STOCK_REJECTED = auto()
    RESERVATION_EXPIRED = auto()
    PAYMENT_CAPTURED = auto()
    PAYMENT_DECLINED = auto()
    CUSTOMER_CANCELS = auto()
    DEADLINE_PASSED = auto()


class Move(msgspec.Struct, frozen=True):
    """From each of `sources` to `target`; an order elsewhere stays where it is."""

    sources: frozenset[OrderStatus]
    target: OrderStatus
    cancel_reason: CancelReason | None = None


MOVES: Mapping[Cause, Move] = {
    Cause.STOCK_RESERVED: Move(frozenset({OrderStatus.PLACED}), OrderStatus.RESERVED),
    Cause.STOCK_REJECTED: Move(frozenset({OrderStatus.PLACED}), OrderStatus.REJECTED),
    Cause.PAYMENT_CAPTURED: Move(OPEN, OrderStatus.CONFIRMED),
    Cause.PAYMENT_DECLINED: Move(OPEN, OrderStatus.CANCELLED, "payment_declined"),
    Cause.RESERVATION_EXPIRED: Move(ACTIVE, OrderStatus.CANCELLED, "reservation_expired"),
    Cause.CUSTOMER_CANCELS: Move(ACTIVE, OrderStatus.CANCELLED, "customer"),
    Cause.DEADLINE_PASSED: Move(OPEN, OrderStatus.CANCELLED, "deadline"),
}


def moved(order: Order, cause: Cause) -> Order:
    """The order after `cause`: the very same where the cause no longer matters to it."""
    move = MOVES[cause]
    if order.status not in move.sources:
        return order
    return msgspec.structs.replace(order, status=move.target, cancel_reason=move.cancel_reason)


def announcement(order: Order) -> EventData | None:
    """What the shop is told when an order enters its status; None for what others know already."""
    match order.status, order.cancel_reason:
        case OrderStatus.CONFIRMED, _:
            return OrderConfirmed(total=order.total, currency=order.currency)
        case OrderStatus.CANCELLED, reason if reason is not None:
            return OrderCancelled(reason=reason, total=order.total, currency=order.currency)
        case _:
            return None
