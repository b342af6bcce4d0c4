"""`make demo`: four orders as customers place them over HTTP, and what became of each."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from local.children import Child, Children
from local.console import Say, bad, faint, good
from local.errors import LocalRunError
from local.http import Caller
from local.shop import Shop

_ORDER_SECONDS = 30
_POLL_SECONDS = 0.02
_ADDRESS = {
    "name": "Alice Example",
    "line1": "1 Main Street",
    "city": "Bern",
    "postal_code": "3000",
    "country": "CH",
}


@dataclass(frozen=True, kw_only=True)
class Story:
    """An order and how it must end: its status, and the last step that must be in its timeline."""

    title: str
    product_id: str
    quantity: int
    payment_token: str
    status: str
    step: str
    then_cancel: bool = False


STORIES = (
    Story(
        title="confirmed",
        product_id="mug",
        quantity=2,
        payment_token="tok_approved",  # noqa: S106 - decides the sandbox's answer
        status="CONFIRMED",
        step="OrderConfirmed",
    ),
    Story(
        title="declined by the payment provider",
        product_id="notebook",
        quantity=1,
        payment_token="tok_declined",  # noqa: S106 - as above
        status="CANCELLED",
        step="OrderCancelled",
    ),
    Story(
        title="out of stock",
        product_id="lamp",
        quantity=5,
        payment_token="tok_approved",  # noqa: S106 - as above
        status="REJECTED",
        step="StockRejected",
    ),
    Story(
        title="cancelled after confirmation, and refunded",
        product_id="tea",
        quantity=3,
        payment_token="tok_approved",  # noqa: S106 - as above
        status="CANCELLED",
        step="PaymentRefunded",
        then_cancel=True,
    ),
)


class StoryError(Exception):
    """An order did not end as it should; `steps` is its timeline as far as it got."""

    def __init__(self, message: str, steps: list[str]) -> None:
        super().__init__(message)
        self.steps = steps


def demo(children: Children, say: Say, port: int | None) -> int:
    """0 when every order ended as it should, 1 otherwise; raises LocalRunError."""
    began = time.perf_counter()
    try:
        shop = Shop.start(port, say, children)
    except LocalRunError as error:
        raise LocalRunError(f"demo failed: {error}") from error
    before = stock_of(shop)
    try:
        with Caller(shop.base_url, shop.tokens.alice) as alice:
            for story in STORIES:
                _tell(alice, story, say)
            _show_inbox(alice, say)
    except StoryError as error:
        raise LocalRunError(f"{error}\ndemo failed: {shop.why_stopped(error.steps)}") from error
    except OSError as error:
        raise LocalRunError(f"{error}\ndemo failed: {shop.why_stopped()}") from error
    _show_stock(before, stock_of(shop), say)
    say(f"\n{shop.counts()}")
    say(good(f"demo passed: 4 orders ended as they should, {time.perf_counter() - began:.1f} s"))
    return 0
