"""What customers, the back office, clocks and accidents do to a shop, so that every path is walked.

One order of each ending, two that the payment provider forgets to answer, one of them too late;
every route once; every sweep once; a message that cannot be handled.
"""

from __future__ import annotations

import urllib.request
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Any

from local import webhooks
from local.errors import LocalRunError
from local.http import Caller
from local.live import listen
from local.ordering import ADDRESS, await_until, order_body, place
from local.shop import Shop

_SECONDS = 40.0
_POLL_SECONDS = 0.1
_await = partial(await_until, seconds=_SECONDS, poll_seconds=_POLL_SECONDS)
_LONG_AGO = "2020-01-01T00:00:00.000Z"
_NOWHERE = {"email": None, "sms_number": None}
_BOTH = {"email": "alice@example.com", "sms_number": "+4915112345678"}
_SCREENS = 11
_SWEEPS = ("orders-sweep", "orders-outbox-relay", "inventory-outbox-relay", "payments-sweep")


def travel(shop: Shop, say: Callable[[str], None]) -> None:
    """Walk all paths of a running shop; raises LocalRunError where one ends elsewhere."""
    with (
        Caller(shop.base_url, shop.tokens.alice) as alice,
        Caller(shop.base_url, shop.tokens.admin) as admin,
    ):
        say("the back office changes products")
        _change_products(admin)
        say("a customer chooses where alerts go, looks on, and buys")
        _answer(alice.send("PUT", "/notifications/preferences", _BOTH))
        with ExitStack() as screens:
            _look_on(shop, alice, screens)
            _buy(alice)
        _answer(alice.send("PUT", "/notifications/preferences", _NOWHERE))
        say("orders that fail")
        _fail(alice)
        say("payments that nobody answers, a message that nobody understands")
        _accidents(shop, alice)
        say("the payment provider tells what nobody waits for")
        _answer(webhooks.tell(shop, {"id": "evt_1", "type": "customer.created", "data": {}}))
        say("sweeps")
        for function in _SWEEPS:
            shop.invoke(function)


def _change_products(admin: Caller) -> None:
    details = {"name": "Tea pot", "unit_price": 3200, "currency": "EUR", "active": True}
    change = {"adjustment_id": str(uuid.uuid4()), "quantity": 3}
    _answer(admin.send("PUT", "/products/teapot", details))
    _answer(admin.send("PUT", "/products/teapot", {**details, "unit_price": 3100}))
    _answer(admin.send("POST", "/products/teapot/stock-adjustments", change))
    _answer(admin.send("GET", "/products/teapot"))
    _answer(admin.send("GET", "/products?limit=2"))


def _buy(alice: Caller) -> None:
    order = _place(alice, "mug", 1, "tok_approved")
    _answer(alice.send("PUT", f"/orders/{order}/shipping-address", {**ADDRESS, "city": "Basel"}))
    _follow(alice, order, "CONFIRMED")
    _read_receipt(alice, order)
    for path in (f"/payments/{order}", "/orders", "/notifications", "/notifications/preferences"):
        _answer(alice.send("GET", path))
    _answer(alice.send("POST", f"/orders/{order}/cancel"))
    _follow(alice, order, "CANCELLED")


def _read_receipt(alice: Caller, order: str) -> None:
    _await(lambda: alice.send("GET", f"/orders/{order}/receipt")[0] == 200, "there is a receipt")
    link = _answer(alice.send("GET", f"/orders/{order}/receipt"))["url"]
    with urllib.request.urlopen(link, timeout=5):  # noqa: S310 - a link of the local shop
        pass


def _look_on(shop: Shop, alice: Caller, screens: ExitStack) -> None:
    """One screen more than a customer may have, and one that went without a word."""
    for _ in range(_SCREENS):
        screens.enter_context(listen(alice))
    client = shop.cloud.client("dynamodb")
    table = shop.deployment.named("notifications-inbox-table").outputs["name"]
    live = next(
        item
        for page in client.get_paginator("scan").paginate(TableName=table)
        for item in page["Items"]
        if item["sk"]["S"].startswith("LIVE#")
    )
    gone = {
        **live,
        "sk": {"S": f"LIVE#{_LONG_AGO}#gone"},
        "connection_id": {"S": "gone"},
        "connected_at": {"S": _LONG_AGO},
    }
    client.put_item(TableName=table, Item=gone)


def _fail(alice: Caller) -> None:
    _follow(alice, _place(alice, "notebook", 1, "tok_declined"), "CANCELLED")
    _follow(alice, _place(alice, "lamp", 5, "tok_approved"), "REJECTED")
    status, _ = place(alice, order_body("nothing", 1, "tok_approved"))
    if status != 422:
        raise LocalRunError(f"an order of a product that does not exist is answered {status}")


def _accidents(shop: Shop, alice: Caller) -> None:
    paid, late = (_place(alice, "tea", 1, "tok_timeout") for _ in range(2))
    for order in (paid, late):
        _await_no_answer(alice, order)
    shop.cloud.client("dynamodb").update_item(
        TableName=shop.deployment.output("orders_table_name"),
        Key={"pk": {"S": f"ORDER#{late}"}, "sk": {"S": "ORDER"}},
        UpdateExpression="SET deadline_at = :past",
        ExpressionAttributeValues={":past": {"S": _LONG_AGO}},
    )
    shop.invoke("orders-sweep")
    _follow(alice, late, "CANCELLED")
    shop.invoke("payments-sweep")
    _follow(alice, paid, "CONFIRMED")
    url = shop.deployment.named("inventory-events-queue").outputs["url"]
    shop.cloud.client("sqs").send_message(QueueUrl=url, MessageBody='{"type": "OrderPlaced"}')


def _place(customer: Caller, product: str, quantity: int, payment_token: str) -> str:
    body = order_body(product, quantity, payment_token)
    return str(_answer(place(customer, body))["order_id"])


def _follow(customer: Caller, order: str, status: str) -> None:
    def reached() -> bool:
        return bool(_answer(customer.send("GET", f"/orders/{order}"))["status"] == status)

    _await(reached, f"order {order} is {status}")
    _answer(customer.send("GET", f"/orders/{order}/timeline"))


def _await_no_answer(customer: Caller, order: str) -> None:
    def reached() -> bool:
        status, answer = customer.send("GET", f"/payments/{order}")
        return status == 200 and answer["status"] in ("UNKNOWN", "CAPTURED")

    _await(reached, f"nobody knows whether order {order} is paid")


def _answer(answer: tuple[int, Any]) -> Any:
    status, body = answer
    if status >= 400:
        raise LocalRunError(f"a request of the journey is answered {status}: {body}")
    return body
