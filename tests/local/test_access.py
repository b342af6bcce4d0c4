"""Who may do what over HTTP."""

from __future__ import annotations

import base64
import json
import time

import pytest

from local.http import Caller
from local.shop import Shop
from tests.local.customers import new_product, order_body, place

pytestmark = pytest.mark.xdist_group("local")
_DETAILS = {"name": "Stolen", "unit_price": 1, "currency": "EUR", "active": True}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/orders"),
        ("POST", "/orders"),
        ("GET", "/payments/1"),
        ("GET", "/notifications"),
        ("PUT", "/products/mug"),
    ],
)
def test_a_request_without_a_token_is_refused(stranger: Caller, method: str, path: str) -> None:
    status, _ = stranger.send(method, path)

    assert status == 401


def test_products_can_be_read_without_a_token(stranger: Caller) -> None:
    status, answer = stranger.send("GET", "/products/mug")

    assert (status, answer["product_id"]) == (200, "mug")


def test_a_token_with_another_signature_is_refused(shop: Shop) -> None:
    header, claims, signature = shop.tokens.alice.split(".")
    _, _, other = shop.tokens.bob.split(".")
    assert signature != other

    assert _status(shop, f"{header}.{claims}.{other}") == 401


def test_a_token_with_changed_claims_is_refused(shop: Shop) -> None:
    header, _, signature = shop.tokens.alice.split(".")
    claims = _claims(shop.tokens.alice)
    claims["sub"] = _claims(shop.tokens.bob)["sub"]

    assert _status(shop, f"{header}.{_encoded(claims)}.{signature}") == 401


def test_a_token_that_nobody_signed_is_refused(shop: Shop) -> None:
    header = _encoded({"alg": "none", "typ": "JWT"})

    assert _status(shop, f"{header}.{_encoded(_claims(shop.tokens.alice))}.") == 401


def test_an_expired_token_is_refused(shop: Shop) -> None:
    header, _, signature = shop.tokens.alice.split(".")
    claims = {**_claims(shop.tokens.alice), "exp": int(time.time()) - 60}

    assert _status(shop, f"{header}.{_encoded(claims)}.{signature}") == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/orders/{order}"),
        ("GET", "/orders/{order}/timeline"),
        ("POST", "/orders/{order}/cancel"),
        ("GET", "/payments/{order}"),
    ],
)
def test_another_customers_order_does_not_exist(
    shop: Shop, alice: Caller, bob: Caller, method: str, path: str
) -> None:
    order = place(alice, order_body(new_product(shop, pieces=1)))

    status, problem = bob.send(method, path.format(order=order))

    assert (status, problem["status"]) == (404, 404)


def test_a_customer_cannot_change_a_product(alice: Caller) -> None:
    status, _ = alice.send("PUT", "/products/mug", _DETAILS)

    assert status == 403


def test_a_customer_cannot_change_the_stock_by_naming_the_scope(alice: Caller) -> None:
    change = {"adjustment_id": "00000000-0000-4000-8000-000000000001", "quantity": 1}

    status, _ = alice.send(
        "POST",
        "/products/mug/stock-adjustments",
        change,
        {"x-caller-scope": "inventory/stock.write"},
    )

    assert status == 403


def test_the_back_office_cannot_order(admin: Caller) -> None:
    status, _ = admin.send("POST", "/orders", order_body("mug"), {"idempotency-key": "admin"})

    assert status == 403


def _status(shop: Shop, token: str) -> int:
    with Caller(shop.base_url, token) as caller:
        return caller.send("GET", "/orders")[0]


def _claims(token: str) -> dict[str, object]:
    part = token.split(".")[1]
    claims: dict[str, object] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims


def _encoded(content: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
