"""Live alerts of the running shop, as customers get them by WebSocket."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from local.http import Caller
from local.live import Listener, RefusedError, listen
from local.shop import Shop
from tests.local.customers import eventually, follow, new_product, order_body, place, told

pytestmark = pytest.mark.xdist_group("local")
OLD = "2020-01-01T00:00:00.000Z"
TABLE = "notifications-inbox-table"


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    """What a test opens is closed when it ends."""
    with ExitStack() as stack:
        yield stack


def ticket(customer: Caller) -> dict[str, Any]:
    status, answer = customer.send("POST", "/notifications/tickets")
    assert status == 201, answer
    return dict(answer)


def heard(listener: Listener, order: str) -> list[str]:
    """The types of what a listener was told of an order."""
    found = [alert.message for alert in list(listener.alerts)]
    return sorted(message["type"] for message in found if message["order_id"] == order)


def customer_of(token: str) -> str:
    claims = token.split(".")[1]
    padded = claims + "=" * (-len(claims) % 4)
    return str(json.loads(base64.urlsafe_b64decode(padded))["sub"])


def items(shop: Shop, prefix: str) -> list[dict[str, Any]]:
    """Items of notifications' table whose `pk` begins so, as DynamoDB writes them."""
    name = shop.deployment.named(TABLE).outputs["name"]
    pages = shop.cloud.client("dynamodb").get_paginator("scan").paginate(TableName=name)
    found = [item for page in pages for item in page["Items"]]
    return [item for item in found if item["pk"]["S"].startswith(prefix)]


def put(shop: Shop, item: dict[str, Any]) -> None:
    name = shop.deployment.named(TABLE).outputs["name"]
    shop.cloud.client("dynamodb").put_item(TableName=name, Item=item)


def test_each_customer_is_told_of_own_orders_on_every_connection_and_of_no_other(
    shop: Shop, alice: Caller, bob: Caller, opened: ExitStack
) -> None:
    first, second, his = (opened.enter_context(listen(who)) for who in (alice, alice, bob))
    product = new_product(shop, pieces=5)

    hers = place(alice, order_body(product))
    bobs = place(bob, order_body(product))

    def all_told() -> bool:
        wanted = ["OrderConfirmed", "OrderPlaced"]
        pairs = ((first, hers), (second, hers), (his, bobs))
        return all(heard(listener, order) == wanted for listener, order in pairs)

    eventually(all_told, "everybody is told of the own order")
    assert heard(first, bobs) == heard(second, bobs) == heard(his, hers) == []


def test_what_is_pushed_is_what_the_inbox_has(shop: Shop, alice: Caller, opened: ExitStack) -> None:
    listener = opened.enter_context(listen(alice))
    order = place(alice, order_body(new_product(shop, pieces=1), quantity=2))
    eventually(lambda: heard(listener, order) == ["OrderPlaced", "StockRejected"], "told")

    status, page = alice.send("GET", "/notifications?limit=50")

    assert status == 200
    for alert in listener.alerts:
        assert alert.message in page["items"]


def test_a_ticket_admits_one_connection(alice: Caller, opened: ExitStack) -> None:
    given = ticket(alice)
    opened.enter_context(Listener.connect(given["url"], given["ticket"]))

    with pytest.raises(RefusedError) as refused:
        Listener.connect(given["url"], given["ticket"])

    assert refused.value.status == 403


@pytest.mark.parametrize("forged", ["", "forged", "x" * 43])
def test_a_forged_ticket_admits_nobody(alice: Caller, forged: str) -> None:
    with pytest.raises(RefusedError):
        Listener.connect(ticket(alice)["url"], forged)


def test_a_ticket_that_is_too_old_admits_nobody(shop: Shop, alice: Caller) -> None:
    given = ticket(alice)
    digest = hashlib.sha256(given["ticket"].encode()).hexdigest()
    (kept,) = items(shop, f"TICKET#{digest}")
    put(shop, {**kept, "expires_at": {"N": "1"}})

    with pytest.raises(RefusedError):
        Listener.connect(given["url"], given["ticket"])


def test_nobody_gets_a_ticket_without_a_customer_s_token(stranger: Caller, admin: Caller) -> None:
    assert stranger.send("POST", "/notifications/tickets")[0] == 401
    assert admin.send("POST", "/notifications/tickets")[0] == 403


def test_a_connection_that_ends_is_forgotten(shop: Shop, bob: Caller) -> None:
    before = {item["pk"]["S"] for item in items(shop, "CONNECTION#")}
    listener = listen(bob)
    (mine,) = {item["pk"]["S"] for item in items(shop, "CONNECTION#")} - before

    listener.close()

    eventually(lambda: items(shop, mine) == [], "the connection is forgotten")


def test_a_connection_that_is_gone_is_removed_and_the_order_goes_on(
    shop: Shop, bob: Caller
) -> None:
    customer = customer_of(shop.tokens.bob)
    fields = {
        "customer_id": {"S": customer},
        "connection_id": {"S": "gone"},
        "connected_at": {"S": OLD},
        "expires_at": {"N": "99999999999"},
    }
    live = {"pk": {"S": f"CUSTOMER#{customer}"}, "sk": {"S": f"LIVE#{OLD}#gone"}}
    put(shop, {**live, **fields})
    put(shop, {"pk": {"S": "CONNECTION#gone"}, "sk": {"S": "CONNECTION"}, **fields})

    order = place(bob, order_body(new_product(shop, pieces=5)))
    follow(bob, order, "CONFIRMED", "OrderConfirmed")

    eventually(lambda: items(shop, "CONNECTION#gone") == [], "the connection is removed")
    eventually(lambda: told(bob, order) == ["OrderPlaced", "OrderConfirmed"], "told all the same")


def test_the_oldest_of_too_many_connections_is_closed(alice: Caller, opened: ExitStack) -> None:
    listeners = [opened.enter_context(listen(alice)) for _ in range(11)]

    assert listeners[0].closed.wait(10)
    assert not listeners[10].closed.is_set()


def test_what_a_customer_sends_is_ignored(shop: Shop, alice: Caller, opened: ExitStack) -> None:
    listener = opened.enter_context(listen(alice))
    listener.send("ping")
    listener.send('{"action": "$connect"}')
    order = place(alice, order_body(new_product(shop, pieces=1), quantity=2))

    eventually(lambda: "StockRejected" in heard(listener, order), "told all the same")

    assert all("order_id" in alert.message for alert in listener.alerts)


def test_no_log_of_the_shop_holds_a_ticket(shop: Shop, alice: Caller) -> None:
    given = ticket(alice)
    Listener.connect(given["url"], given["ticket"]).close()

    assert not any(given["ticket"] in line for line in shop.log_lines())
