"""The header Idempotency-Key, and every way a `POST /orders` is refused, on emulated AWS."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from common.clock import new_id, now, timestamp
from common.dynamo import to_item
from orders import bootstrap, handler
from orders.models import MAX_LINES
from tests.support.orders import (
    ADDRESS,
    LAMP,
    MUG,
    CannedInquiry,
    place_body,
    product_changed,
)
from tests.support.orders_dynamo import TABLE, OrdersShop, orders_shop
from tests.support.payloads import OTHER_CUSTOMER, http_event

LAMPS = [{"product_id": "lamp", "quantity": 1}]


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[OrdersShop]:
    with orders_shop(monkeypatch, inquiry=CannedInquiry()) as running:
        yield running


def _post(shop: OrdersShop, key: str | None = "key-1", **body: Any) -> tuple[int, Any]:
    headers = {} if key is None else {"Idempotency-Key": key}
    return shop.request("POST /orders", body=place_body(**body), headers=headers)


def _claim(shop: OrdersShop) -> dict[str, Any]:
    (claim,) = shop.items("IDEMPOTENCY#")
    return claim


def _die_in_flight(shop: OrdersShop, *, seconds_ago: int) -> str:
    """Leave the claim that a request leaves which died so long ago; its order's id."""
    shop.place()
    claim = _claim(shop)
    order_id = new_id()
    claim["claim"] = {
        **{key: value for key, value in claim["claim"].items() if key != "answer"},
        "order_id": order_id,
        "claimed_until": timestamp(now() + timedelta(seconds=60 - seconds_ago)),
    }
    for item in shop.items():
        if item["kind"] != "product":
            key = {"pk": item["pk"], "sk": item["sk"]}
            shop.dynamodb.delete_item(TableName=TABLE, Key=to_item(key))
    shop.dynamodb.put_item(TableName=TABLE, Item=to_item(claim))
    return order_id


def test_the_same_key_and_body_are_answered_word_by_word_the_same(shop: OrdersShop) -> None:
    request = http_event("POST /orders", body=place_body(), headers={"Idempotency-Key": "key-1"})

    first, second = handler.http(request, None), handler.http(request, None)

    assert (first["statusCode"], first["body"]) == (second["statusCode"], second["body"])
    assert first["headers"]["location"] == second["headers"]["location"]
    assert "idempotent-replayed" not in first["headers"]
    assert second["headers"]["idempotent-replayed"] == "true"
    assert shop.told() == ["OrderPlaced"]


def test_the_order_of_fields_in_a_body_does_not_make_it_another(shop: OrdersShop) -> None:
    placed = shop.place()
    turned = dict(reversed(list(place_body().items())))

    status, again = shop.request("POST /orders", body=turned, headers={"Idempotency-Key": "key-1"})

    assert (status, again) == (201, placed)


def test_a_repetition_is_answered_after_the_order_went_on(shop: OrdersShop) -> None:
    placed = shop.place()
    shop.request("POST /orders/{order_id}/cancel", path={"order_id": placed["order_id"]})

    assert _post(shop) == (201, placed)


def test_the_same_key_with_another_body_is_refused(shop: OrdersShop) -> None:
    shop.place()

    status, problem = _post(shop, lines=LAMPS)

    assert (status, problem["title"]) == (422, "Invalid request")
    assert "used with another body" in problem["detail"]
    assert len(shop.items("ORDER#")) == 2


def test_a_key_in_flight_is_refused(shop: OrdersShop) -> None:
    _die_in_flight(shop, seconds_ago=10)

    status, problem = _post(shop)

    assert (status, problem["title"]) == (409, "Conflict")
    assert "is at work" in problem["detail"]
    assert shop.items("ORDER#") == []


def test_the_key_of_a_crashed_request_is_taken_over_for_the_same_order(shop: OrdersShop) -> None:
    chosen = _die_in_flight(shop, seconds_ago=61)

    status, order = _post(shop)

    assert (status, order["order_id"]) == (201, chosen)
    assert _post(shop) == (201, order)
    assert shop.told() == ["OrderPlaced"]


def test_a_crashed_request_that_wakes_up_late_makes_no_second_order(
    shop: OrdersShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    products, first_look = bootstrap.store().products, iter([True])
    answers: list[tuple[int, Any]] = []

    def slow(product_ids: Any) -> Any:
        if next(first_look, False):
            claim = _claim(shop)
            claim["claim"]["claimed_until"] = timestamp(now() - timedelta(seconds=1))
            shop.dynamodb.put_item(TableName=TABLE, Item=to_item(claim))
            answers.append(_post(shop))
        return products(product_ids)

    monkeypatch.setattr(bootstrap.store(), "products", slow)
    late = _post(shop)

    assert answers == [late]
    assert shop.told() == ["OrderPlaced"]


def test_an_expired_key_that_the_table_has_not_deleted_yet_is_free(shop: OrdersShop) -> None:
    first = shop.place()
    claim = {**_claim(shop), "expires_at": int(now().timestamp()) - 1}
    shop.dynamodb.put_item(TableName=TABLE, Item=to_item(claim))

    assert shop.place()["order_id"] != first["order_id"]


def test_a_claim_lives_for_a_day_in_the_tables_ttl(shop: OrdersShop) -> None:
    shop.place()

    assert 0 <= _claim(shop)["expires_at"] - now().timestamp() - 24 * 3600 + 60 <= 60


def test_two_customers_may_use_the_same_key(shop: OrdersShop) -> None:
    mine = shop.place()
    theirs = shop.place(customer_id=OTHER_CUSTOMER)

    assert mine["order_id"] != theirs["order_id"]


@pytest.mark.parametrize("key", [None, "", "k" * 256])
def test_a_key_that_is_missing_or_too_long_is_refused(shop: OrdersShop, key: str | None) -> None:
    status, problem = _post(shop, key)

    assert (status, problem["title"]) == (400, "Malformed request")
    assert "send 1 to 255" in problem["detail"]


def test_a_key_of_255_characters_is_accepted(shop: OrdersShop) -> None:
    assert _post(shop, "ü" * 255)[0] == 201


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no lines": ({"lines": []}, "length >= 1 - at `$.lines`"),
    "too many lines": (
        {"lines": [{"product_id": f"p{at}", "quantity": 1} for at in range(MAX_LINES + 1)]},
        "length <= 25 - at `$.lines`",
    ),
    "one product twice": ({"lines": LAMPS * 2}, "lines name lamp more than once"),
    "no pieces": ({"lines": [{"product_id": "mug", "quantity": 0}]}, "$.lines[0].quantity"),
    "too many pieces": ({"lines": [{"product_id": "mug", "quantity": 101}]}, "`int` <= 100"),
    "a price": (
        {"lines": [{"product_id": "mug", "quantity": 1, "unit_price": 1}]},
        "unknown field `unit_price`",
    ),
    "a country's name": (
        {"shipping_address": {**ADDRESS, "country": "Great Britain"}},
        "$.shipping_address.country",
    ),
    "a card number": ({"payment_token": "4242424242424242"}, "never a card number"),
    "an unknown product": (
        {"lines": [{"product_id": "ghost", "quantity": 1}]},
        "lines[0].product_id = 'ghost': there is no such product",
    ),
}


@pytest.mark.parametrize(("changes", "says"), REFUSED.values(), ids=REFUSED)
def test_a_refused_order_is_told_why_and_leaves_nothing_behind(
    shop: OrdersShop, changes: dict[str, Any], says: str
) -> None:
    before = shop.items()

    status, problem = _post(shop, **changes)

    assert (status, problem["type"].rsplit("/")[-1]) == (422, "invalid-request")
    assert says in problem["errors"][0]
    assert shop.items() == before
    assert _post(shop)[0] == 201


def test_a_product_that_is_no_longer_sold_is_refused(shop: OrdersShop) -> None:
    retired = msgspec.structs.replace(LAMP, active=False, revision=2)
    shop.deliver(product_changed(retired))

    status, problem = _post(shop, lines=LAMPS)

    assert status == 422
    assert "'lamp': it is not sold at present" in problem["errors"][0]


def test_two_currencies_in_one_order_are_refused(shop: OrdersShop) -> None:
    shop.deliver(product_changed(msgspec.structs.replace(LAMP, currency="GBP", revision=2)))

    status, problem = _post(shop, lines=[{"product_id": "mug", "quantity": 1}, *LAMPS])

    assert (status, problem["detail"]) == (
        422,
        "the products are sold in EUR and GBP; place one order per currency",
    )


@pytest.mark.parametrize("body", ["", "{", "not json", '{"lines": [', "[" * 30000])
def test_a_body_that_is_no_json_is_refused(shop: OrdersShop, body: str) -> None:
    status, problem = shop.request("POST /orders", body=body, headers={"Idempotency-Key": "k"})

    assert status in (400, 422)
    assert problem["title"] in ("Malformed request", "Invalid request")
    assert shop.items("IDEMPOTENCY#") == []


def test_the_whole_contents_of_a_large_order_fit_one_transaction(shop: OrdersShop) -> None:
    products = [msgspec.structs.replace(MUG, product_id=f"p{at:02}") for at in range(MAX_LINES)]
    shop.deliver(*map(product_changed, products))

    order = shop.place(
        lines=[{"product_id": each.product_id, "quantity": 100} for each in products]
    )

    assert order["total"] == MAX_LINES * 100 * 1250


def test_a_table_that_does_not_answer_is_a_503_that_may_be_repeated(
    shop: OrdersShop,
) -> None:
    def refuse(**kwargs: Any) -> tuple[Any, dict[str, Any]]:
        return _Refusal(), {
            "Error": {"Code": "ThrottlingException", "Message": "slow down"},
            "ResponseMetadata": {},
        }

    events = shop.dynamodb.meta.events
    events.register("before-call.dynamodb.TransactWriteItems", refuse)
    status, problem = _post(shop)
    events.unregister("before-call.dynamodb.TransactWriteItems", refuse)

    assert (status, problem["title"]) == (503, "Temporarily unavailable")
    assert _post(shop)[0] == 201


class _Refusal:
    status_code = 400


def test_an_answer_that_was_lost_after_the_write_is_found_again(
    shop: OrdersShop,
) -> None:
    def lose(**kwargs: Any) -> None:
        shop.dynamodb.meta.events.unregister("after-call.dynamodb.TransactWriteItems", lose)
        raise ConnectionResetError

    shop.dynamodb.meta.events.register("after-call.dynamodb.TransactWriteItems", lose)
    status, _ = _post(shop)
    again, order = _post(shop)

    assert (status, again) == (500, 201)
    assert shop.told() == ["OrderPlaced"]
    assert order["order_id"] == shop.events()[0].order_id
