"""Customers who order over HTTP without a pause, and what they were told when."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from local.errors import LocalRunError
from local.http import Caller
from local.ordering import order_body, place
from local.shop import Shop

PRODUCT = "drill-mug"
_STOCK = 5000
_CUSTOMERS = 2
_PAUSE_SECONDS = 0.15
_DECLINED_EVERY = 7
_CANCELLED_EVERY = 5
_CREATED = 201


@dataclass(frozen=True)
class Placed:
    """An order, when it was sent, and when its customer knew that it was taken."""

    order_id: str
    sent: datetime
    known: datetime


class Traffic:
    """What has been ordered so far; `with ordering(shop) as traffic:` lets it go on."""

    def __init__(self) -> None:
        self.placed: list[Placed] = []
        self._stopped = threading.Event()
        self._lanes: list[Future[None]] = []

    def begin(self, shop: Shop, pool: ThreadPoolExecutor) -> None:
        """Let every customer order."""
        self._lanes = [pool.submit(self._order, shop) for _ in range(_CUSTOMERS)]

    def end(self) -> None:
        """Let the last order be answered."""
        self._stopped.set()

    def require_going(self) -> None:
        """Raises what stopped a customer."""
        for lane in self._lanes:
            if lane.done():
                lane.result()

    def _order(self, shop: Shop) -> None:
        number = 0
        with Caller(shop.base_url, shop.tokens.alice) as customer:
            while not self._stopped.wait(_PAUSE_SECONDS):
                number += 1
                order = self._place(customer, number % _DECLINED_EVERY == 0)
                if number % _CANCELLED_EVERY == 0:
                    customer.send("POST", f"/orders/{order}/cancel")

    def _place(self, customer: Caller, declined: bool) -> str:
        body = order_body(PRODUCT, 1, "tok_declined" if declined else "tok_approved")
        sent = datetime.now(UTC)
        status, answer = place(customer, body)
        if status != _CREATED:
            raise LocalRunError(f"an order was answered {status}: {answer}")
        self.placed.append(Placed(answer["order_id"], sent, datetime.now(UTC)))
        return str(answer["order_id"])


@contextmanager
def ordering(shop: Shop) -> Iterator[Traffic]:
    """Orders from now to the end of the block."""
    shop.stock(PRODUCT, _STOCK)
    traffic = Traffic()
    with ThreadPoolExecutor(_CUSTOMERS) as pool:
        traffic.begin(shop, pool)
        try:
            yield traffic
        finally:
            traffic.end()


def wait_until(moment: datetime, traffic: Traffic) -> None:
    """Return at that instant; raises what stopped a customer before."""
    while (left := (moment - datetime.now(UTC)).total_seconds()) > 0:
        traffic.require_going()
        time.sleep(min(left, 0.1))
