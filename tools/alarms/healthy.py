"""A shop in which nothing is broken: customers buy, look around and are told; clocks tick."""

from __future__ import annotations

from functools import partial

from local.errors import LocalRunError
from local.http import Caller
from local.live import listen
from local.ordering import order_body, place
from tools.alarms.faults.fault import Fault
from tools.alarms.scene import PRODUCT, Scene, await_, side_by_side

_CUSTOMERS = 4
_ORDERS = (6, 2, 2, 2, 2)
"""Of each customer, reading by reading: as many readings as any alarm asks for, and in the first
as many events as a promise asks for before it says anything."""
_SWEEPS = (
    *("orders-sweep-function", "orders-outbox-relay-function", "inventory-outbox-relay-function"),
    *("payments-sweep-function", "payments-migrate-function"),
)


def _trade(scene: Scene) -> None:
    """Take readings of ordinary business."""
    for orders in _ORDERS:
        with scene.reading():
            side_by_side(partial(_buy, scene, orders), range(_CUSTOMERS), _CUSTOMERS)
            for function in _SWEEPS:
                scene.invoke(function)


def _buy(scene: Scene, orders: int, number: int) -> None:
    with scene.customer() as customer:
        if number == 0:
            with listen(customer):
                pass
        for _ in range(orders):
            status, placed = place(customer, order_body(PRODUCT, 1, "tok_approved"))
            if status != 201:
                raise LocalRunError(f"an order is answered {status}: {placed}")
            order = str(placed["order_id"])
            await_(partial(_confirmed, customer, order), f"order {order} is confirmed")
            customer.send("GET", f"/payments/{order}")
            customer.send("GET", "/notifications")
            customer.send("GET", f"/products/{PRODUCT}")


def _confirmed(customer: Caller, order: str) -> bool:
    return bool(customer.send("GET", f"/orders/{order}")[1]["status"] == "CONFIRMED")


HEALTHY = Fault(name="healthy", what="nothing is broken", proves=(), happen=_trade)
"""No alarm may fire for it."""
