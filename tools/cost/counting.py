"""Counts what one order uses: customers buy in a local shop that writes down what AWS would charge.

A customer looks at the catalogue and at a product, opens the page with live alerts, buys one piece,
is told of the confirmation, looks at the order, and downloads the receipt. Every order is paid.
"""

from __future__ import annotations

import json
import tempfile
import threading
import urllib.request
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from local.emulators import Watch
from local.errors import LocalRunError
from local.http import Caller
from local.live import Listener, listen
from local.ordering import await_until, order_body, place
from local.shop import Shop
from tools.cost import readings
from tools.cost.readings import State
from tools.cost.units import Units

ORDERS = 20
_WARMING = 6
_PRODUCT = "metered"
_STOCK = 100_000
_SECONDS = 20.0
_POLL_SECONDS = 0.05
_await = partial(await_until, seconds=_SECONDS, poll_seconds=_POLL_SECONDS)
_LOOK_SECONDS = 0.5
_QUIET_SECONDS = 3.0
_IDLE_SECONDS = 9.0
_CONFIRMED = "OrderConfirmed"


class _Counted(Caller):
    """A caller who counts requests and the bytes of their answers."""

    requests = 0
    received = 0

    def send(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, Any]:
        """As a caller's, and counted."""
        status, answer = super().send(method, path, body, headers)
        self.requests += 1
        self.received += len(json.dumps(answer))
        return status, answer

    def ask(self, method: str, path: str) -> Any:
        """The body of an answer; raises LocalRunError when the shop refuses."""
        status, answer = self.send(method, path)
        if status >= 400:
            raise LocalRunError(f"{method} {path} is answered {status}: {answer}")
        return answer


def count(say: Callable[[str], None], orders: int = ORDERS) -> Units:
    """What one of `orders` orders used, and what an hour without any uses."""
    with tempfile.TemporaryDirectory(prefix="storefront-cost-") as directory:
        file = Path(directory) / "usage.jsonl"
        with Shop.start(watch=Watch.usage(file)) as shop:
            shop.all_warm()
            shop.stock(_PRODUCT, _STOCK)
            with _Counted(shop.base_url, shop.tokens.alice) as customer:
                _buy(customer, _WARMING)
                _rest()
                say(f"the shop is warm; {orders} orders")
                return _measured(shop, file, customer, orders, say)


def _measured(
    shop: Shop, file: Path, customer: _Counted, orders: int, say: Callable[[str], None]
) -> Units:
    before, begin = State.of(shop), file.stat().st_size
    asked, received = customer.requests, customer.received
    _buy(customer, orders)
    _rest()
    events, after = readings.events(file, begin), State.of(shop)
    say("nobody buys")
    begin = file.stat().st_size
    threading.Event().wait(_IDLE_SECONDS)
    polls = readings.empty_polls(readings.events(file, begin))
    for function in readings.SWEEPS * 3:
        shop.invoke(function)
    swept = readings.events(file, begin)
    names = readings.logical_names(shop.deployment.registrations)
    counted = Counter(readings.amounts(events, names))
    counted.update(
        {
            "http-requests": customer.requests - asked,
            "answer-bytes": customer.received - received,
            "receipt-downloads": orders,
            **after.since(before, names),
        }
    )
    return Units(
        orders=orders,
        custom_metrics=after.metrics,
        worker_polls_per_second=polls / _IDLE_SECONDS,
        amounts={key: counted[key] / orders for key in sorted(counted)},
        milliseconds=readings.milliseconds([*events, *swept], names),
    )


def _buy(customer: _Counted, orders: int) -> None:
    for _ in range(orders):
        customer.ask("GET", "/products")
        customer.ask("GET", f"/products/{_PRODUCT}")
        with listen(customer) as listener:
            status, placed = place(customer, order_body(_PRODUCT, 1, "tok_approved"))
            if status != 201:
                raise LocalRunError(f"an order is answered {status}: {placed}")
            order = str(placed["order_id"])
            _await(partial(_told, listener, order), f"order {order} is confirmed")
        customer.ask("GET", f"/orders/{order}")
        threading.Event().wait(_LOOK_SECONDS)
        _await(partial(_downloaded, customer, order), f"there is a receipt of order {order}")


def _downloaded(customer: _Counted, order: str) -> bool:
    """By the link, as a browser would; a customer who comes too early asks again."""
    status, link = customer.send("GET", f"/orders/{order}/receipt")
    if status != 200:
        return False
    with urllib.request.urlopen(link["url"], timeout=5):  # noqa: S310 - a link of the local shop
        return True


def _told(listener: Listener, order: str) -> bool:
    return any(
        (alert.message["order_id"], alert.message["type"]) == (order, _CONFIRMED)
        for alert in list(listener.alerts)
    )


def _rest() -> None:
    """Until what was begun is done: events travel on after the customer was told."""
    threading.Event().wait(_QUIET_SECONDS)
