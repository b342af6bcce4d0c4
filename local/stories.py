"""The orders of `make demo`: what is placed, how each must end, and who is suspected otherwise."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from local.shop import Shop

LOOK_SECONDS = 3
_ORDER_SECONDS = 30
_POLL_SECONDS = 0.02


@dataclass(frozen=True, kw_only=True)
class Story:
    """An order, and how it must end."""

    title: str
    product_id: str
    quantity: int
    payment_token: str
    status: str
    steps: tuple[str, ...]
    """what its timeline must hold, in the order of cause and effect"""
    sold: int = 0
    """pieces that must be gone from the stock"""
    then_cancel: bool = False
    """whether the customer cancels it once it is confirmed"""


PAID = ("OrderPlaced", "StockReserved", "PaymentCaptured", "OrderConfirmed")
STORIES = (
    Story(
        title="confirmed",
        product_id="mug",
        quantity=2,
        payment_token="tok_approved",  # noqa: S106 - decides the sandbox's answer
        status="CONFIRMED",
        steps=PAID,
        sold=2,
    ),
    Story(
        title="declined by the payment provider",
        product_id="notebook",
        quantity=1,
        payment_token="tok_declined",  # noqa: S106 - as above
        status="CANCELLED",
        steps=(
            *("OrderPlaced", "StockReserved", "PaymentDeclined"),
            *("OrderCancelled", "StockReleased"),
        ),
    ),
    Story(
        title="out of stock",
        product_id="lamp",
        quantity=5,
        payment_token="tok_approved",  # noqa: S106 - as above
        status="REJECTED",
        steps=("OrderPlaced", "StockRejected"),
    ),
    Story(
        title="cancelled after confirmation, and refunded",
        product_id="tea",
        quantity=3,
        payment_token="tok_approved",  # noqa: S106 - as above
        status="CANCELLED",
        steps=(*PAID, "OrderCancelled", "StockReleased", "PaymentRefunded"),
        then_cancel=True,
    ),
)
PRODUCER = {"Order": "orders", "Receipt": "orders", "Stock": "inventory", "Payment": "payments"}
"""Who says an event, by the first word of its type."""
LAST_SPAN = "notifications OrderConfirmed"
"""What ends the trace of a confirmed order."""
TOLD = frozenset(
    {
        *("OrderPlaced", "OrderConfirmed", "OrderCancelled"),
        *("StockRejected", "PaymentDeclined", "PaymentRefunded"),
    }
)
"""The events that a customer finds in the inbox."""


class StoryError(Exception):
    """An order did not end as it should; `suspect` says who seems to have stopped, and why."""

    def __init__(self, message: str, suspect: str) -> None:
        super().__init__(message)
        self.suspect = suspect


class Patience:
    """Waits between two looks, until the time is over or IAM is found to have refused something."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._began = self._looked = time.monotonic()

    def lasts(self) -> bool:
        """Whether another look is worth while; waits a little first."""
        time.sleep(_POLL_SECONDS)
        now = time.monotonic()
        if now > self._began + _ORDER_SECONDS:
            return False
        if now > self._looked + LOOK_SECONDS:
            self._looked = now
            return not self._shop.refused()
        return True


def answer_of(answer: tuple[int, Any], service: str) -> Any:
    """The body of an answer; raises StoryError for one that is none of success."""
    status, body = answer
    if status >= 400:
        raise StoryError(
            f"{service} answered {status}: {body}", f"{service} stopped: it answers {status}"
        )
    return body
