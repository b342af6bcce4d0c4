"""`make demo`: four orders as customers place them over HTTP, and what became of each."""

from __future__ import annotations

import time
import urllib.request
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from local.children import Children
from local.console import Say, faint, good
from local.errors import LocalRunError
from local.http import Caller
from local.shop import Shop

_ORDER_SECONDS = 30
_LOOK_SECONDS = 3
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


_PAID = ("OrderPlaced", "StockReserved", "PaymentCaptured", "OrderConfirmed")
STORIES = (
    Story(
        title="confirmed",
        product_id="mug",
        quantity=2,
        payment_token="tok_approved",  # noqa: S106 - decides the sandbox's answer
        status="CONFIRMED",
        steps=_PAID,
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
        steps=(*_PAID, "OrderCancelled", "StockReleased", "PaymentRefunded"),
        then_cancel=True,
    ),
)
_PRODUCER = {"Order": "orders", "Receipt": "orders", "Stock": "inventory", "Payment": "payments"}
"""Who says an event, by the first word of its type."""
_TOLD = frozenset(
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


def demo(children: Children, say: Say, port: int | None) -> int:
    """0 when every order ended as it should; raises LocalRunError, whose last line says why not."""
    began = time.perf_counter()
    try:
        shop = Shop.start(port, say, children)
    except LocalRunError as error:
        raise LocalRunError(f"the shop did not open\ndemo failed: {error}") from error
    try:
        _tell_all(shop, say)
        shop.all_warm()
    except LocalRunError as error:
        raise LocalRunError(f"every order ended as it should\ndemo failed: {error}") from error
    except StoryError as error:
        why = shop.why_stopped(error.suspect)
        raise LocalRunError(f"{error}\ndemo failed: {why}") from error
    except OSError as error:
        why = shop.why_stopped(f"nobody answered: {error}")
        raise LocalRunError(f"demo failed: {why}") from error
    if refused := shop.refused():
        raise LocalRunError(f"every order ended as it should\ndemo failed: {refused}")
    say(f"\n{shop.counts()}, open after {shop.seconds:.1f} s")
    say(good(f"demo passed: {len(STORIES)} orders in {time.perf_counter() - began:.1f} s"))
    return 0


def _tell_all(shop: Shop, say: Say) -> None:
    with Caller(shop.base_url, shop.tokens.alice) as alice:
        before = _stock(alice)
        orders = {_tell(alice, story, shop, say): story for story in STORIES}
        _show_inbox(alice, orders, shop, say)
        _show_receipt(alice, next(iter(orders)), shop, say)
        _show_stock(before, _stock(alice), say)


class _Patience:
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
        if now > self._looked + _LOOK_SECONDS:
            self._looked = now
            return not self._shop.refused()
        return True


def _tell(alice: Caller, story: Story, shop: Shop, say: Say) -> str:
    """Place the story's order and follow it to its end; gives the order's id."""
    began = time.perf_counter()
    body = {
        "lines": [{"product_id": story.product_id, "quantity": story.quantity}],
        "payment_token": story.payment_token,
        "shipping_address": _ADDRESS,
    }
    placed = _answer(
        alice.send("POST", "/orders", body, {"idempotency-key": str(uuid.uuid4())}), "orders"
    )
    order = str(placed["order_id"])
    if story.then_cancel:
        _follow(alice, order, _PAID, "CONFIRMED", _Patience(shop))
        _answer(alice.send("POST", f"/orders/{order}/cancel"), "orders")
    steps = _follow(alice, order, story.steps, story.status, _Patience(shop))
    _show(story, steps, time.perf_counter() - began, say)
    return order


def _follow(
    alice: Caller, order: str, wanted: Sequence[str], status: str, patience: _Patience
) -> list[dict[str, Any]]:
    """The timeline, once every wanted step is in it and the order has its status."""
    while True:
        seen = _answer(alice.send("GET", f"/orders/{order}/timeline"), "orders")["steps"]
        known = {step["step"] for step in seen}
        missing = [step for step in wanted if step not in known]
        now = _answer(alice.send("GET", f"/orders/{order}"), "orders")["status"]
        if not missing and now == status:
            return list(seen)
        if not patience.lasts():
            raise StoryError(
                f"order {order} is {now} and not {status}; its timeline: "
                f"{', '.join(step['step'] for step in seen)}",
                _suspect(missing, now),
            )


def _suspect(missing: Sequence[str], status: str) -> str:
    if not missing:
        return f"orders stopped: the status is {status}"
    word = next(word for word in _PRODUCER if missing[0].startswith(word))
    return f"{_PRODUCER[word]} stopped: there was no {missing[0]}"


def _show(story: Story, steps: list[dict[str, Any]], seconds: float, say: Say) -> None:
    pieces = f"{story.quantity} x {story.product_id}, {story.payment_token}"
    say(f"\n{story.title}: {pieces}: {good(story.status)} in {seconds:.2f} s")
    for step in steps:
        detail = ", ".join(f"{key} {value}" for key, value in step["detail"].items())
        say(f"  {step['at']}  {step['step']:<16} {faint(detail)}".rstrip())


def _show_inbox(alice: Caller, orders: dict[str, Story], shop: Shop, say: Say) -> None:
    """Wait until the customer was told of everything, and print it."""
    wanted = {
        (order, step) for order, story in orders.items() for step in story.steps if step in _TOLD
    }
    patience = _Patience(shop)
    while True:
        items = _answer(alice.send("GET", "/notifications?limit=50"), "notifications")["items"]
        missing = wanted - {(item["order_id"], item["type"]) for item in items}
        if not missing:
            break
        if not patience.lasts():
            raise StoryError(
                f"the inbox lacks {sorted(missing)}", "notifications stopped: a message is missing"
            )
    say("\nAlice's inbox, newest first")
    for item in items:
        say(f"  {item['occurred_at']}  {item['text']}")


def _show_receipt(alice: Caller, order: str, shop: Shop, say: Say) -> None:
    """Download the receipt of the first order by its link, as a browser would: without a token."""
    _follow(alice, order, ("ReceiptIssued",), "CONFIRMED", _Patience(shop))
    link = _answer(alice.send("GET", f"/orders/{order}/receipt"), "orders")
    with urllib.request.urlopen(link["url"], timeout=_LOOK_SECONDS) as answer:  # noqa: S310 - loopback
        page = answer.read().decode()
    if order not in page:
        raise StoryError(
            f"the receipt of order {order} does not name it: {page}",
            "orders stopped: the receipt is wrong",
        )
    say(f"\nReceipt of order {order}: {len(page)} characters by a link until {link['expires_at']}")


def _stock(alice: Caller) -> dict[str, int]:
    items = _answer(alice.send("GET", "/products?limit=50"), "inventory")["items"]
    return {item["product_id"]: item["available"] for item in items}


def _show_stock(before: dict[str, int], after: dict[str, int], say: Say) -> None:
    say("\nStock before and after")
    for product, count in before.items():
        say(f"  {product:<10} {count:>4} {after[product]:>4}")
    for story in STORIES:
        left = before[story.product_id] - story.sold
        if after[story.product_id] != left:
            raise StoryError(
                f"{story.product_id}: {after[story.product_id]} are left, and not {left}",
                "inventory stopped: the stock is wrong",
            )


def _answer(answer: tuple[int, Any], service: str) -> Any:
    status, body = answer
    if status >= 400:
        raise StoryError(
            f"{service} answered {status}: {body}", f"{service} stopped: it answers {status}"
        )
    return body
