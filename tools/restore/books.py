"""What the two stores say at one instant, as plain values; amounts are in minor units."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class OrderRow:
    """An order; `moved_at` is the time of its newest step, `captures` the payments it heard of."""

    order_id: str
    status: str
    total: int
    currency: str
    created_at: datetime
    moved_at: datetime
    cancel_reason: str | None = None
    refunded: bool = False
    captures: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PaymentRow:
    """A payment; without terms it has neither amount nor currency."""

    order_id: str
    payment_id: str
    status: str
    amount: int | None
    currency: str | None
    updated_at: datetime


@dataclass(frozen=True, kw_only=True)
class News:
    """An event in an outbox, published or not."""

    event_id: str
    type: str
    order_id: str
    published: bool
    amount: int | None = None
    """total of an order, amount of a payment"""


@dataclass(frozen=True, kw_only=True)
class Books:
    """Both stores, each with its outbox."""

    orders: tuple[OrderRow, ...]
    payments: tuple[PaymentRow, ...]
    orders_outbox: tuple[News, ...]
    payments_outbox: tuple[News, ...]
