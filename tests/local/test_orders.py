"""Orders of customers over HTTP, from the request to the last event."""

from __future__ import annotations

import uuid

import pytest

from local.http import Caller
from local.shop import Shop
from tests.local.customers import (
    available,
    eventually,
    follow,
    new_product,
    order_body,
    place,
    read,
    steps,
    told,
)

pytestmark = pytest.mark.xdist_group("local")
_PAID = ("OrderPlaced", "StockReserved", "PaymentCaptured", "OrderConfirmed")


def test_an_approved_order_is_confirmed_by_all_services(shop: Shop, alice: Caller) -> None:
    product = new_product(shop, pieces=5)

    order = place(alice, order_body(product, quantity=2))
    follow(alice, order, "CONFIRMED", *_PAID)

    payment = read(alice, f"/payments/{order}")
    assert (payment["status"], payment["amount"], payment["currency"]) == ("CAPTURED", 2000, "EUR")
    assert available(alice, product) == 3
    _await_told(alice, order, ["OrderPlaced", "OrderConfirmed"])


def test_a_declined_order_is_cancelled_and_gives_its_stock_back(shop: Shop, alice: Caller) -> None:
    product = new_product(shop, pieces=5)

    order = place(alice, order_body(product, payment_token="tok_declined"))  # noqa: S106 - as it says
    follow(alice, order, "CANCELLED", "PaymentDeclined", "OrderCancelled", "StockReleased")

    assert read(alice, f"/orders/{order}")["cancel_reason"] == "payment_declined"
    assert available(alice, product) == 5
    _await_told(alice, order, ["OrderPlaced", "PaymentDeclined", "OrderCancelled"])


def test_an_order_of_too_many_pieces_is_rejected_and_never_charged(
    shop: Shop, alice: Caller
) -> None:
    product = new_product(shop, pieces=1)

    order = place(alice, order_body(product, quantity=2))
    follow(alice, order, "REJECTED", "StockRejected")

    assert available(alice, product) == 1
    _await_told(alice, order, ["OrderPlaced", "StockRejected"])
    assert "PaymentCaptured" not in steps(alice, order)


def test_a_confirmed_order_that_is_cancelled_is_refunded(shop: Shop, alice: Caller) -> None:
    product = new_product(shop, pieces=5)
    order = place(alice, order_body(product, quantity=2))
    follow(alice, order, "CONFIRMED", *_PAID)

    status, answer = alice.send("POST", f"/orders/{order}/cancel")
    assert status == 200, answer
    follow(alice, order, "CANCELLED", "OrderCancelled", "StockReleased", "PaymentRefunded")

    found = read(alice, f"/orders/{order}")
    assert (found["cancel_reason"], found["refunded"]) == ("customer", True)
    assert read(alice, f"/payments/{order}")["status"] == "REFUNDED"
    assert available(alice, product) == 5


def test_the_same_key_and_body_place_one_order(shop: Shop, alice: Caller) -> None:
    product = new_product(shop, pieces=5)
    key = {"idempotency-key": str(uuid.uuid4())}

    first = alice.send("POST", "/orders", order_body(product), key)
    second = alice.send("POST", "/orders", order_body(product), key)

    assert first == second
    follow(alice, first[1]["order_id"], "CONFIRMED", *_PAID)
    assert available(alice, product) == 4


def test_the_same_key_with_another_body_is_refused(shop: Shop, alice: Caller) -> None:
    product = new_product(shop, pieces=5)
    key = {"idempotency-key": str(uuid.uuid4())}
    alice.send("POST", "/orders", order_body(product), key)

    status, problem = alice.send("POST", "/orders", order_body(product, quantity=2), key)

    assert (status, problem["status"]) == (422, 422)


def test_an_order_of_an_unknown_product_is_refused(alice: Caller) -> None:
    key = {"idempotency-key": str(uuid.uuid4())}

    status, problem = alice.send("POST", "/orders", order_body("no-such-product"), key)

    assert status == 422
    assert "no-such-product" in str(problem)


def test_a_customer_lists_only_own_orders(shop: Shop, alice: Caller, bob: Caller) -> None:
    product = new_product(shop, pieces=5)
    order = place(alice, order_body(product))

    hers = [item["order_id"] for item in read(alice, "/orders?limit=50")["items"]]
    his = [item["order_id"] for item in read(bob, "/orders?limit=50")["items"]]

    assert order in hers
    assert order not in his


def _await_told(customer: Caller, order: str, wanted: list[str]) -> None:
    eventually(lambda: sorted(told(customer, order)) == sorted(wanted), f"told of {wanted}")


def test_an_order_is_told_what_inventory_has(shop: Shop, alice: Caller) -> None:
    product = new_product(shop, pieces=3)

    def availability(quantity: int) -> str:
        key = {"idempotency-key": str(uuid.uuid4())}
        status, answer = alice.send("POST", "/orders", order_body(product, quantity), key)
        assert status == 201, answer
        return str(answer["availability"])

    eventually(lambda: availability(5) == "short", "inventory is asked, and has too few")
    assert availability(1) == "available"
