"""A customer who places orders over HTTP and waits for them."""

from __future__ import annotations

import http.client
import json
import time
import uuid
from typing import Any
from urllib.parse import urlsplit

_TIMEOUT_SECONDS = 10
_POLL_SECONDS = 0.01


class Customer:
    """One keep-alive connection to the shop; not for use by several threads."""

    def __init__(self, base_url: str, token: str) -> None:
        parts = urlsplit(base_url)
        self._prefix = parts.path
        self._token = token
        self._connection = http.client.HTTPConnection(parts.netloc, timeout=_TIMEOUT_SECONDS)

    def place(self, product_id: str) -> str:
        """Order one piece; gives the order's id. Raises RuntimeError unless it is accepted."""
        status, body = self._send(
            "POST",
            "/orders",
            {
                "lines": [{"product_id": product_id, "quantity": 1}],
                "payment_token": "tok_approved",
                "shipping_address": {
                    "name": "Bench",
                    "line1": "1 Loop Road",
                    "city": "Bern",
                    "postal_code": "3000",
                    "country": "CH",
                },
            },
            {"idempotency-key": str(uuid.uuid4())},
        )
        if status != 201:
            raise RuntimeError(f"order refused with {status}: {body}")
        return str(body["order_id"])

    def status(self, order_id: str) -> str:
        """The order's present status."""
        code, body = self._send("GET", f"/orders/{order_id}")
        if code != 200:
            raise RuntimeError(f"order {order_id} not readable, {code}: {body}")
        return str(body["status"])

    def wait_for(self, order_id: str, wanted: str, seconds: float) -> None:
        """Poll until the order is `wanted`; raises TimeoutError naming its last status."""
        deadline = time.monotonic() + seconds
        while (status := self.status(order_id)) != wanted:
            if time.monotonic() > deadline:
                raise TimeoutError(f"order {order_id} is {status}, not {wanted}, after {seconds} s")
            time.sleep(_POLL_SECONDS)

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()

    def _send(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, Any]:
        self._connection.request(
            method,
            self._prefix + path,
            json.dumps(body) if body is not None else None,
            {
                "authorization": f"Bearer {self._token}",
                "content-type": "application/json",
                **(headers or {}),
            },
        )
        response = self._connection.getresponse()
        return response.status, json.loads(response.read())
