"""The events orders produces: the `data` of each, version 1. Amounts are in minor units."""

from __future__ import annotations

from typing import Literal

import msgspec

from common.events import EventData


class PlacedLine(msgspec.Struct, frozen=True, kw_only=True):
    """So many pieces of one product, at the price of the moment."""

    product_id: str
    quantity: int
    unit_price: int


class OrderPlaced(EventData, frozen=True, kw_only=True):
    """A customer wants these lines; `payment_token` is the provider's, never a card number."""

    lines: tuple[PlacedLine, ...]
    total: int
    currency: str
    payment_token: str


class OrderConfirmed(EventData, frozen=True, kw_only=True):
    """The order is reserved and paid."""

    total: int
    currency: str


class OrderCancelled(EventData, frozen=True, kw_only=True):
    """The order will not be delivered: give back its stock and its money."""

    reason: Literal["customer", "payment_declined", "deadline", "reservation_expired"]
    total: int
    currency: str
