"""What inventory stores and what it is asked: shapes and their limits."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec

from common.text import ONE_LINE

MAX_LINES = 25
PRODUCT_ID = re.compile(r"^[a-z0-9][a-z0-9-]{0,63}\Z")

ProductId = Annotated[str, msgspec.Meta(pattern=PRODUCT_ID.pattern)]
Quantity = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
StockChange = Annotated[int, msgspec.Meta(ge=-1_000_000, le=1_000_000)]
MinorUnits = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000_000)]
Currency = Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}\Z")]
ProductName = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=ONE_LINE)]


class Line(msgspec.Struct, frozen=True):
    """So many pieces of one product."""

    product_id: ProductId
    quantity: Quantity


Lines = Annotated[tuple[Line, ...], msgspec.Meta(min_length=1, max_length=MAX_LINES)]


class Shortage(msgspec.Struct, frozen=True):
    """A product of which fewer pieces are available than were requested."""

    product_id: str
    requested: int
    available: int


class ProductDetails(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an administrator decides about a product; `unit_price` in minor units of `currency`."""

    name: ProductName
    unit_price: MinorUnits
    currency: Currency
    active: bool


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """A product with its pieces: free to order, held for open orders, and sold.

    `revision` counts the changes of its details, from 1.
    """

    product_id: str
    details: ProductDetails
    revision: int
    available: int = 0
    reserved: int = 0
    sold: int = 0


class StockAdjustment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Pieces that came in (positive) or went out (negative) other than by an order."""

    adjustment_id: UUID
    quantity: StockChange

    def __post_init__(self) -> None:
        if self.quantity == 0:
            raise ValueError("quantity = 0 changes nothing; give a positive or negative number")


class RecordedAdjustment(msgspec.Struct, frozen=True, kw_only=True):
    """An adjustment that was made, as the table remembers it."""

    product_id: str
    quantity: int


class AvailabilityQuestion(msgspec.Struct, frozen=True):
    """Whether all of these lines could be reserved now."""

    lines: Lines


class ReservationStatus(StrEnum):
    """RESERVED → COMMITTED → RELEASED, or RESERVED → RELEASED; the rest is final at once.

    REJECTED lacked stock. CANCELLED marks an order that was cancelled before it was seen.
    """

    RESERVED = "RESERVED"
    COMMITTED = "COMMITTED"
    RELEASED = "RELEASED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"


class Reservation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What inventory decided about one order; `reserved_until` is RFC 3339 in UTC.

    Defaults are not written: an index takes no item whose key is there and null.
    """

    order_id: str
    correlation_id: str
    status: ReservationStatus
    customer_id: str | None = None
    lines: tuple[Line, ...] = ()
    reserved_until: str | None = None


class PlacedOrder(msgspec.Struct, frozen=True):
    """What inventory reads of `OrderPlaced`."""

    lines: Lines
