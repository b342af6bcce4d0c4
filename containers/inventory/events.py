"""The events inventory produces: the `data` of each, version 1."""

from __future__ import annotations

from typing import Literal

import msgspec

from common.events import EventData


class StockLine(msgspec.Struct, frozen=True):
    """So many pieces of one product."""

    product_id: str
    quantity: int


class StockShortage(msgspec.Struct, frozen=True):
    """A product that could not be reserved, with the pieces there were."""

    product_id: str
    requested: int
    available: int


class StockReserved(EventData, frozen=True, kw_only=True):
    """All lines of the order are held for it until `expires_at` (RFC 3339, UTC)."""

    lines: tuple[StockLine, ...]
    expires_at: str


class StockRejected(EventData, frozen=True, kw_only=True):
    """No line of the order is held: `shortages` names every product that lacked pieces."""

    shortages: tuple[StockShortage, ...]


class StockReleased(EventData, frozen=True, kw_only=True):
    """The order's pieces are free again."""

    reason: Literal["order_cancelled", "reservation_expired"]
    lines: tuple[StockLine, ...]


class ProductChanged(EventData, frozen=True, kw_only=True):
    """A product was created or its details changed; a higher `revision` is the later state.

    `unit_price` is in minor units of `currency` (ISO 4217).
    """

    product_id: str
    name: str
    unit_price: int
    currency: str
    active: bool
    revision: int
