"""What the logic needs of a store. Every write either happens whole, once, or not at all.

All methods raise `common.errors.UnavailableError` when the store does not answer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import Enum
from typing import Protocol

from common.events import Envelope
from inventory.models import (
    Product,
    ProductDetails,
    RecordedAdjustment,
    Reservation,
    StockAdjustment,
)


class Written(Enum):
    """What became of a write whose conditions the store checks."""

    DONE = "done"
    SEEN = "seen before"
    SHORT = "not enough stock, or no such product"


class StockReader(Protocol):
    """What can be ordered at this moment."""

    def available(self, product_ids: Collection[str]) -> Mapping[str, int]:
        """Pieces free to order of at most 100 products; unknown ones are absent."""


class ReservationStore(StockReader, Protocol):
    """What is held for orders, one reservation per order."""

    def reserve(self, reservation: Reservation, event: Envelope) -> Written:
        """Take all lines from `available` into `reserved`; SEEN when the order is known."""

    def record(self, reservation: Reservation, event: Envelope | None) -> bool:
        """Remember an order that holds nothing; False when the order is known."""

    def commit(self, reservation: Reservation) -> bool:
        """Move its lines from `reserved` to `sold`; False when it is no longer RESERVED."""

    def release(self, reservation: Reservation, event: Envelope) -> bool:
        """Give its lines back to `available`; False when its status is another by now."""

    def reservation(self, order_id: str) -> Reservation | None:
        """The order's reservation as it is at this moment."""

    def expired(self, moment: str) -> Iterator[Reservation]:
        """Those RESERVED until before `moment`; one or the other may have changed since."""


class ProductStore(StockReader, Protocol):
    """The catalogue and its stock."""

    def product(self, product_id: str) -> Product | None:
        """The product as it is at this moment."""

    def products(self, after: str | None, limit: int) -> Sequence[Product]:
        """At most `limit` products in the order of their ids, those behind `after`."""

    def save(
        self, product_id: str, details: ProductDetails, revision: int, event: Envelope
    ) -> bool:
        """Make `details` revision number `revision`; False when that number is taken."""

    def adjust(self, product_id: str, adjustment: StockAdjustment) -> Written:
        """Change `available`, never below zero; SEEN when the adjustment was made before."""

    def adjustment(self, adjustment_id: str) -> RecordedAdjustment | None:
        """The adjustment of that id, if it was made."""
