"""The order API as a customer uses it, on emulated AWS."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest

from common.clock import new_id
from orders import handler
from orders.models import OrderStatus
from tests.support.logs import captured_logs
from tests.support.orders import ADDRESS, CannedInquiry, place_body, shop_event
from tests.support.orders_dynamo import OrdersShop, orders_shop
from tests.support.payloads import OTHER_CUSTOMER, http_event

READ = "GET /orders/{order_id}"
TIMELINE = "GET /orders/{order_id}/timeline"
ADDRESS_CHANGE = "PUT /orders/{order_id}/shipping-address"
CANCEL = "POST /orders/{order_id}/cancel"
ELSEWHERE = {**ADDRESS, "line1": "1 Elsewhere", "line2": "Back door"}


@pytest.fixture
def inquiry() -> CannedInquiry:
    return CannedInquiry()


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch, inquiry: CannedInquiry) -> Iterator[OrdersShop]:
    with orders_shop(monkeypatch, inquiry=inquiry) as running:
        yield running


def test_a_placed_order_is_answered_with_its_price_and_place(shop: OrdersShop) -> None:
    answer = handler.http(
        http_event("POST /orders", body=place_body(), headers={"idempotency-key": "key-1"}), None
    )

    order = json.loads(answer["body"])
    assert answer["statusCode"] == 201
    assert answer["headers"]["location"] == f"/orders/{order['order_id']}"
    assert order == {
        "order_id": order["order_id"],
        "status": "PLACED",
        "lines": [{"product_id": "mug", "quantity": 2, "unit_price": 1250}],
        "total": 2500,
        "currency": "EUR",
        "shipping_address": ADDRESS,
        "created_at": order["created_at"],
        "refunded": False,
        "availability": "available",
    }


def test_placing_writes_order_step_event_and_claim_and_nothing_else(shop: OrdersShop) -> None:
    order_id = shop.place()["order_id"]

    kinds = sorted(item["kind"] for item in shop.items() if item["kind"] != "product")
    assert kinds == ["claim", "order", "outbox", "step"]
    (event,) = shop.events()
    assert (event.type, event.order_id) == ("OrderPlaced", order_id)


def test_a_payment_token_is_in_the_event_and_nowhere_else(
    shop: OrdersShop, capsys: pytest.CaptureFixture[str]
) -> None:
    with captured_logs() as logged:
        order_id = shop.place(payment_token="tok_very_special")["order_id"]  # noqa: S106 - no key
        shop.deliver(shop_event("PaymentCaptured", order_id))
        shop.request(ADDRESS_CHANGE, path={"order_id": order_id}, body=ELSEWHERE)

    holding = [item["kind"] for item in shop.items() if "tok_very_special" in str(item)]
    assert holding == ["outbox"]
    written = str(logged()) + capsys.readouterr().out
    assert order_id in written
    for secret in ("tok_very_special", ADDRESS["line1"], ADDRESS["name"], ELSEWHERE["line1"]):
        assert secret not in written


def test_an_order_without_an_answer_from_inventory_is_taken(
    shop: OrdersShop, inquiry: CannedInquiry
) -> None:
    inquiry.answer = None

    assert shop.place()["availability"] == "unknown"


def test_an_order_that_is_short_of_stock_is_left_to_the_reservation(
    shop: OrdersShop, inquiry: CannedInquiry
) -> None:
    inquiry.answer = False
    placed = shop.place()

    assert placed["availability"] == "short"
    assert shop.told() == ["OrderPlaced"]
    shop.deliver(shop_event("StockRejected", placed["order_id"]))
    assert shop.stored(placed["order_id"]).status is OrderStatus.REJECTED


def test_an_order_is_read_by_its_customer(shop: OrdersShop) -> None:
    placed = shop.place()

    status, order = shop.request(READ, path={"order_id": placed["order_id"]})

    assert status == 200
    assert order == {key: value for key, value in placed.items() if key != "availability"}


def test_orders_are_listed_newest_first_page_by_page(shop: OrdersShop) -> None:
    minutes = ["2026-11-24T03:00:00.000Z", "2026-11-24T03:01:00.000Z", "2026-11-24T03:02:00.000Z"]
    placed = [shop.stale(created_at=minute).order_id for minute in minutes]
    shop.stale(customer_id=OTHER_CUSTOMER)

    status, first = shop.request("GET /orders", query={"limit": "2"})
    _, second = shop.request("GET /orders", query={"limit": "2", "cursor": first["next_cursor"]})

    assert status == 200
    assert [order["order_id"] for order in first["items"]] == [placed[2], placed[1]]
    assert [order["order_id"] for order in second["items"]] == [placed[0]]
    assert second["next_cursor"] is None


def test_a_customer_without_orders_sees_an_empty_list(shop: OrdersShop) -> None:
    assert shop.request("GET /orders") == (200, {"items": [], "next_cursor": None})


@pytest.mark.parametrize("limit", ["0", "51", "-1", "1.5", "ten", "", "\uff19", "1" * 5000])
def test_a_limit_outside_1_to_50_is_refused(shop: OrdersShop, limit: str) -> None:
    status, problem = shop.request("GET /orders", query={"limit": limit})

    assert status == 422
    assert problem["errors"][0].endswith("must be a whole number from 1 to 50")


def _flipped(cursor: str, at: int) -> str:
    raw = bytearray(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    raw[at] ^= 1
    return base64.urlsafe_b64encode(bytes(raw)).decode().rstrip("=")


def test_a_cursor_that_was_tampered_with_is_refused(shop: OrdersShop) -> None:
    shop.stale()
    shop.stale()
    cursor = shop.request("GET /orders", query={"limit": "1"})[1]["next_cursor"]
    wrong = ["", "x", "ä", "====", cursor[:-1], cursor + "A", cursor + "=", _flipped(cursor, 0)]

    for text in [*wrong, _flipped(cursor, 20), _flipped(cursor, -3)]:
        status, problem = shop.request("GET /orders", query={"cursor": text})
        assert (status, problem["type"].rsplit("/")[-1]) == (400, "malformed-request"), text


def test_a_cursor_of_another_customer_is_refused(shop: OrdersShop) -> None:
    shop.stale()
    shop.stale()
    cursor = shop.request("GET /orders", query={"limit": "1"})[1]["next_cursor"]

    status, _ = shop.request("GET /orders", query={"cursor": cursor}, customer_id=OTHER_CUSTOMER)

    assert status == 400


@pytest.mark.parametrize(
    ("route", "body"), [(READ, None), (TIMELINE, None), (ADDRESS_CHANGE, ADDRESS), (CANCEL, None)]
)
def test_another_customers_order_is_not_found_on_any_route(
    shop: OrdersShop, route: str, body: object
) -> None:
    order_id = shop.place()["order_id"]
    before = shop.stored(order_id)

    for unknown in (order_id, new_id(), "no-id", "x" * 3000):
        status, problem = shop.request(
            route, path={"order_id": unknown}, body=body, customer_id=OTHER_CUSTOMER
        )
        assert (status, problem["title"]) == (404, "Not found")

    assert shop.stored(order_id) == before
    assert shop.request("GET /orders", customer_id=OTHER_CUSTOMER)[1]["items"] == []


def test_the_shipping_address_changes_while_the_order_may_be_delivered(shop: OrdersShop) -> None:
    order_id = shop.place()["order_id"]
    shop.deliver(shop_event("StockReserved", order_id))

    status, changed = shop.request(ADDRESS_CHANGE, path={"order_id": order_id}, body=ELSEWHERE)

    assert (status, changed["shipping_address"], changed["status"]) == (200, ELSEWHERE, "RESERVED")
    assert "ShippingAddressChanged" in shop.steps(order_id)
    assert "Elsewhere" not in str([i for i in shop.items("ORDER#") if i["kind"] == "step"])


def test_the_shipping_address_of_a_cancelled_order_stays(shop: OrdersShop) -> None:
    order_id = shop.place()["order_id"]
    shop.request(CANCEL, path={"order_id": order_id})

    status, problem = shop.request(ADDRESS_CHANGE, path={"order_id": order_id}, body=ELSEWHERE)

    assert (status, problem["title"]) == (409, "Conflict")
    assert "is CANCELLED" in problem["detail"]


def test_an_address_that_breaks_a_rule_is_refused(shop: OrdersShop) -> None:
    order_id = shop.place()["order_id"]

    status, problem = shop.request(
        ADDRESS_CHANGE, path={"order_id": order_id}, body={**ADDRESS, "country": "England"}
    )

    assert status == 422
    assert "$.country" in problem["errors"][0]


def test_cancelling_tells_the_shop_once_however_often_it_is_asked(shop: OrdersShop) -> None:
    order_id = shop.place()["order_id"]

    first = shop.request(CANCEL, path={"order_id": order_id})
    second = shop.request(CANCEL, path={"order_id": order_id})

    assert first == second
    assert (first[0], first[1]["status"], first[1]["cancel_reason"]) == (
        200,
        "CANCELLED",
        "customer",
    )
    assert shop.told() == ["OrderPlaced", "OrderCancelled"]


def test_a_rejected_order_cannot_be_cancelled(shop: OrdersShop) -> None:
    order_id = shop.place()["order_id"]
    shop.deliver(shop_event("StockRejected", order_id))

    status, problem = shop.request(CANCEL, path={"order_id": order_id})

    assert (status, problem["title"]) == (409, "Conflict")


def test_the_timeline_tells_every_step_with_its_time(shop: OrdersShop) -> None:
    order_id = shop.place()["order_id"]
    shop.deliver(
        shop_event("StockReserved", order_id, minute=30),
        shop_event("PaymentCaptured", order_id, minute=31),
    )

    status, timeline = shop.request(TIMELINE, path={"order_id": order_id})

    assert (status, timeline["order_id"]) == (200, order_id)
    by_name = {step["step"]: step for step in timeline["steps"]}
    assert set(by_name) == {"OrderPlaced", "StockReserved", "PaymentCaptured", "OrderConfirmed"}
    assert by_name["StockReserved"]["at"] == "2026-11-24T03:30:00.000Z"
    assert by_name["PaymentCaptured"]["detail"] == {
        "payment_id": "pay-1",
        "amount": 2500,
        "currency": "EUR",
    }
    times = [step["at"] for step in timeline["steps"]]
    assert times == sorted(times)


def test_the_correlation_id_of_a_request_reaches_its_event_and_its_answer(
    shop: OrdersShop,
) -> None:
    answer = handler.http(
        http_event(
            "POST /orders",
            body=place_body(),
            headers={"Idempotency-Key": "key-1", "X-Correlation-Id": "my-correlation"},
        ),
        None,
    )

    assert answer["headers"]["x-correlation-id"] == "my-correlation"
    assert shop.events()[0].correlation_id == "my-correlation"


def test_a_placed_order_is_counted(shop: OrdersShop, capsys: pytest.CaptureFixture[str]) -> None:
    shop.place()
    shop.place()

    counted = [
        line
        for line in map(json.loads, capsys.readouterr().out.splitlines())
        if "OrdersPlaced" in line
    ]
    assert [line["OrdersPlaced"] for line in counted] == [[1.0]]
