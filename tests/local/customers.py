"""What customers do in the tests of the running shop."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from typing import Any, TypeVar

from local import ordering
from local.http import Caller
from local.shop import Shop

SECONDS = 30.0
_POLL_SECONDS = 0.03
T = TypeVar("T")


def new_product(shop: Shop, pieces: int) -> str:
    """The id of a product of the test's own."""
    product_id = f"test-{uuid.uuid4().hex[:12]}"
    shop.stock(product_id, pieces)
    return product_id


def order_body(
    product_id: str,
    quantity: int = 1,
    payment_token: str = "tok_approved",  # noqa: S107 - decides the sandbox's answer
) -> dict[str, Any]:
    """A valid `POST /orders` body."""
    return ordering.order_body(product_id, quantity, payment_token)


def place(customer: Caller, body: dict[str, Any], **headers: str) -> str:
    """The id of the order that `body` places."""
    given = {"idempotency-key": str(uuid.uuid4()), **headers}
    status, answer = customer.send("POST", "/orders", body, given)
    assert status == 201, answer
    return str(answer["order_id"])


def read(customer: Caller, path: str) -> Any:
    """The body of an answer that must be 200."""
    status, answer = customer.send("GET", path)
    assert status == 200, answer
    return answer


def steps(customer: Caller, order: str) -> list[str]:
    """The names of an order's timeline."""
    return [step["step"] for step in read(customer, f"/orders/{order}/timeline")["steps"]]


def follow(customer: Caller, order: str, status: str, *wanted: str) -> None:
    """Wait until the order has the status and its timeline the wanted steps."""
    eventually(
        lambda: (
            read(customer, f"/orders/{order}")["status"] == status
            and set(wanted) <= set(steps(customer, order))
        ),
        f"order {order} is {status} after {', '.join(wanted)}",
    )


def available(customer: Caller, product_id: str) -> int:
    """Pieces that can be ordered."""
    return int(read(customer, f"/products/{product_id}")["available"])


def told(customer: Caller, order: str) -> list[str]:
    """The types of the messages about an order in the customer's inbox, oldest first."""
    types: list[str] = []
    cursor = ""
    while True:
        page = read(customer, f"/notifications?limit=50{cursor}")
        types += [item["type"] for item in page["items"] if item["order_id"] == order]
        if page["next_cursor"] is None:
            return types[::-1]
        cursor = f"&cursor={page['next_cursor']}"


def eventually(reached: Callable[[], T], what: str, seconds: float = SECONDS) -> T:
    """The first true value of `reached`; fails, saying what was awaited, when time is over."""
    pause = threading.Event()
    deadline = time.monotonic() + seconds
    while not (value := reached()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        pause.wait(_POLL_SECONDS)
    return value
