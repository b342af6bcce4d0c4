"""What orders' logic needs of the world."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Protocol

import msgspec

from common.events import Envelope
from orders.models import Claim, Order, OrderLine, Product, Step

Clock = Callable[[], datetime]
"""The current instant in UTC."""
Count = Callable[[str], None]
"""Counts one occurrence of a business metric of that name."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One indivisible change of an order: its new state, timeline entries and events.

    It holds only while the order's status and address are those of `before`, and only the first
    time that `steps[0]` is written.
    """

    before: Order
    after: Order
    steps: tuple[Step, ...]
    events: tuple[Envelope, ...] = ()


class Written(Enum):
    """What became of a change."""

    DONE = auto()
    """it was written"""
    SEEN = auto()
    """its first step was there already: nothing was written"""
    LOST = auto()
    """somebody else changed the order first: nothing was written"""


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """An order's place in its customer's list."""

    created_at: str
    order_id: str


class OrderStore(Protocol):
    """Orders with their timelines. Methods raise UnavailableError when the store is down."""

    def order(self, order_id: str) -> Order | None:
        """The order as the last write left it."""
        ...

    def history(self, order_id: str) -> tuple[Order, list[Step]] | None:
        """The order and its timeline entries in any order."""
        ...

    def orders_of(
        self, customer_id: str, after: Position | None, limit: int
    ) -> tuple[list[Order], bool]:
        """At most `limit` orders, newest first, that follow `after`, and whether there are more."""
        ...

    def apply(self, change: Change) -> Written:
        """Write all of the change or nothing."""
        ...

    def overdue(self, moment: str, limit: int) -> list[str]:
        """At most `limit` ids of open orders whose deadline is not after `moment`."""
        ...

    def save_product(self, product: Product) -> bool:
        """Remember the product; False when a revision as new is known already."""
        ...


class OrderDesk(Protocol):
    """What placing an order needs of the store."""

    def claim(self, claim: Claim, now: datetime) -> bool:
        """Take the key; False when a claim that has not expired is there."""
        ...

    def claim_like(self, claim: Claim) -> Claim | None:
        """The claim that is there under the same customer and key."""
        ...

    def take_over(self, claim: Claim, token: str) -> bool:
        """Replace the incomplete claim that holds `token`; False when it is no longer so."""
        ...

    def release(self, claim: Claim) -> None:
        """Forget the claim if it is still the same and incomplete."""
        ...

    def products(self, product_ids: Collection[str]) -> dict[str, Product]:
        """What is known of the products, by id; unknown ones are absent."""
        ...

    def place(self, order: Order, step: Step, event: Envelope, completed: Claim) -> bool:
        """Write the order and complete its claim; False when the claim is another's by now."""
        ...


class ReceiptShelf(Protocol):
    """Where receipts are kept. Methods raise UnavailableError when it does not answer."""

    def put(self, key: str, document: bytes, *, replace: bool) -> None:
        """Keep the document; unless `replace`, what is there already stays."""
        ...

    def link(self, key: str, lifetime: timedelta) -> str:
        """A URL by which anybody can read the document, for so long."""
        ...


class StockInquiry(Protocol):
    """Asks inventory."""

    def available(self, lines: Sequence[OrderLine], correlation_id: str) -> bool:
        """Whether all lines could be reserved now; raises UnavailableError without an answer."""
        ...
