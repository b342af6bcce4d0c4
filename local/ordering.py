"""What a customer of the local shop sends to order something, and how to wait for what follows."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from local.errors import LocalRunError
from local.http import Caller

ADDRESS = {
    "name": "Alice Example",
    "line1": "1 Main Street",
    "city": "Bern",
    "postal_code": "3000",
    "country": "CH",
}


def order_body(product_id: str, quantity: int, payment_token: str) -> dict[str, Any]:
    """A valid body of `POST /orders`."""
    return {
        "lines": [{"product_id": product_id, "quantity": quantity}],
        "payment_token": payment_token,
        "shipping_address": ADDRESS,
    }


def place(customer: Caller, body: dict[str, Any]) -> tuple[int, Any]:
    """Order under a key of its own; the answer's status and body."""
    return customer.send("POST", "/orders", body, {"idempotency-key": str(uuid.uuid4())})


def await_until(
    reached: Callable[[], bool], what: str, *, seconds: float, poll_seconds: float
) -> None:
    """Return once it is `reached`; raises LocalRunError, saying what was awaited."""
    pause = threading.Event()
    deadline = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > deadline:
            raise LocalRunError(f"not within {seconds:g} s: {what}")
        pause.wait(poll_seconds)
