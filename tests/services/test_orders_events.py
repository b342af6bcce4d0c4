"""The events and sweep functions of orders, on emulated AWS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import msgspec
import pytest

from common.clock import new_id, parse_timestamp
from orders import bootstrap, handler
from orders.models import Order, OrderStatus, Product
from tests.support.orders import ANSWERS, MUG, CannedInquiry, product_changed, shop_event
from tests.support.orders_dynamo import ENVIRONMENT, OrdersShop, orders_shop
from tests.support.payloads import TRACEPARENT, schedule_event, sqs_event, sqs_record

LONG_AGO = "2020-01-01T00:00:00.000Z"
FAR_AWAY = "2999-01-01T00:00:00.000Z"


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[OrdersShop]:
    with orders_shop(monkeypatch, inquiry=CannedInquiry()) as running:
        yield running


@pytest.fixture
def order_id(shop: OrdersShop) -> str:
    return str(shop.place()["order_id"])


def test_the_functions_consume_what_the_shops_program_subscribes_them_to() -> None:
    own = {"OrderConfirmed", "OrderCancelled"}
    assert set(handler.EVENTS) == {*ANSWERS, *own, "ProductChanged"}


@pytest.mark.parametrize(
    ("kind", "status", "announced"),
    [
        ("StockReserved", OrderStatus.RESERVED, []),
        ("StockRejected", OrderStatus.REJECTED, []),
        ("StockReleased", OrderStatus.CANCELLED, ["OrderCancelled"]),
        ("PaymentCaptured", OrderStatus.CONFIRMED, ["OrderConfirmed"]),
        ("PaymentDeclined", OrderStatus.CANCELLED, ["OrderCancelled"]),
        ("PaymentRefunded", OrderStatus.PLACED, []),
    ],
)
def test_an_event_delivered_twice_counts_once(
    shop: OrdersShop, order_id: str, kind: str, status: OrderStatus, announced: list[str]
) -> None:
    event = shop_event(kind, order_id)

    assert shop.deliver(event) == []
    once = shop.items()
    assert shop.deliver(event, event) == []

    assert shop.items() == once
    assert shop.stored(order_id).status is status
    assert shop.told() == ["OrderPlaced", *announced]
    assert shop.steps(order_id).count(kind) == 1


def test_a_product_change_delivered_twice_or_late_leaves_the_newest(shop: OrdersShop) -> None:
    newer = msgspec.structs.replace(MUG, unit_price=1400, revision=3)
    older = msgspec.structs.replace(MUG, unit_price=1300, revision=2)
    event = product_changed(newer)

    assert shop.deliver(event, event, product_changed(older)) == []

    assert bootstrap.store().products(["mug"]) == {"mug": newer}
    assert shop.place()["total"] == 2 * 1400


def test_only_the_failed_record_is_delivered_again(shop: OrdersShop, order_id: str) -> None:
    batch = sqs_event(
        sqs_record(shop_event("StockReserved", order_id), message_id="good"),
        sqs_record("not an event", message_id="garbage"),
        sqs_record(shop_event("StockReserved", new_id()), message_id="never placed"),
        sqs_record(shop_event("PaymentCaptured", order_id, {"amount": 1}), message_id="no data"),
        sqs_record(shop_event("StockReserved", None), message_id="no order"),
        sqs_record(shop_event("PaymentCaptured", order_id), message_id="good too"),
    )

    answer = handler.events(batch, None)

    failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
    assert failed == {"garbage", "never placed", "no data", "no order"}
    assert shop.stored(order_id).status is OrderStatus.CONFIRMED


def test_a_type_of_event_that_nobody_reads_yet_is_taken(shop: OrdersShop, order_id: str) -> None:
    assert shop.deliver(shop_event("StockCounted", order_id, {})) == []


def test_the_correlation_id_goes_from_event_to_event(shop: OrdersShop, order_id: str) -> None:
    shop.deliver(shop_event("PaymentCaptured", order_id))

    assert shop.events()[-1].correlation_id == "correlation-of-the-event"


def test_the_trace_goes_from_message_to_outbox(shop: OrdersShop, order_id: str) -> None:
    record = sqs_record(shop_event("PaymentCaptured", order_id), traceparent=TRACEPARENT)

    handler.events(sqs_event(record), None)

    traced = [item["traceparent"] for item in shop.items("OUTBOX#")]
    assert sum(TRACEPARENT.split("-")[1] in each for each in traced) == 1


def test_a_write_that_lost_against_another_is_decided_again(
    shop: OrdersShop, order_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stale: list[Order | None] = [shop.stored(order_id)]
    shop.deliver(shop_event("PaymentDeclined", order_id))
    read = bootstrap.store().order
    monkeypatch.setattr(
        bootstrap.store(), "order", lambda each: stale.pop() if stale else read(each)
    )

    assert shop.deliver(shop_event("PaymentCaptured", order_id)) == []

    assert shop.stored(order_id).status is OrderStatus.CANCELLED
    assert shop.told() == ["OrderPlaced", "OrderCancelled"]
    assert "PaymentCaptured" in shop.steps(order_id)


def test_a_refund_is_shown_to_the_customer(shop: OrdersShop, order_id: str) -> None:
    shop.deliver(shop_event("PaymentCaptured", order_id), shop_event("PaymentRefunded", order_id))

    _, order = shop.request("GET /orders/{order_id}", path={"order_id": order_id})
    assert order["refunded"] is True


def _swept() -> object:
    return handler.sweep(schedule_event(), None)


def test_the_sweep_cancels_what_is_past_its_deadline(shop: OrdersShop) -> None:
    late = shop.stale(deadline_at=LONG_AGO)
    young = shop.stale(deadline_at=FAR_AWAY)

    assert _swept() == {"cancelled": 1}

    assert shop.stored(late.order_id).cancel_reason == "deadline"
    assert shop.stored(young.order_id) == young
    (event,) = shop.events()
    assert (event.type, event.correlation_id) == ("OrderCancelled", late.correlation_id)
    assert msgspec.json.decode(event.data) == {
        "reason": "deadline",
        "total": 2500,
        "currency": "EUR",
    }


def test_a_second_sweep_finds_nothing_left(shop: OrdersShop) -> None:
    shop.stale(deadline_at=LONG_AGO)
    _swept()

    assert _swept() == {"cancelled": 0}
    assert shop.told() == ["OrderCancelled"]


@pytest.mark.parametrize(
    "answer", ["StockRejected", "PaymentCaptured", "PaymentDeclined", "StockReleased"]
)
def test_an_order_that_got_its_answer_has_no_deadline(shop: OrdersShop, answer: str) -> None:
    order_id = shop.stale(deadline_at=LONG_AGO).order_id
    shop.deliver(shop_event(answer, order_id))
    answered = shop.stored(order_id)

    assert _swept() == {"cancelled": 0}
    assert shop.stored(order_id) == answered


def test_a_reserved_order_keeps_its_deadline(shop: OrdersShop) -> None:
    order_id = shop.stale(deadline_at=LONG_AGO).order_id
    shop.deliver(shop_event("StockReserved", order_id))

    assert _swept() == {"cancelled": 1}
    assert shop.stored(order_id).status is OrderStatus.CANCELLED


def test_a_new_order_waits_as_long_as_is_configured(shop: OrdersShop, order_id: str) -> None:
    placed = shop.stored(order_id)

    waits = parse_timestamp(placed.deadline_at) - parse_timestamp(placed.created_at)
    assert waits == timedelta(seconds=int(ENVIRONMENT["ORDERS_DEADLINE_SECONDS"]))
    assert _swept() == {"cancelled": 0}


def test_one_order_that_cannot_be_read_fails_the_run_after_the_others(shop: OrdersShop) -> None:
    broken = shop.stale(deadline_at=LONG_AGO)
    shop.dynamodb.update_item(
        TableName="orders",
        Key={"pk": {"S": f"ORDER#{broken.order_id}"}, "sk": {"S": "ORDER"}},
        UpdateExpression="REMOVE currency",
    )
    good = shop.stale(deadline_at="2020-01-02T00:00:00.000Z")

    with pytest.raises(handler.SweepError, match="1 overdue orders were not cancelled"):
        _swept()

    assert shop.stored(good.order_id).status is OrderStatus.CANCELLED


def test_what_the_sweep_did_is_counted(
    shop: OrdersShop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.stale(deadline_at=LONG_AGO)
    capsys.readouterr()

    _swept()

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (counted,) = [line for line in lines if "OrdersOverdue" in line]
    assert (counted["OrdersOverdue"], counted["OrdersCancelled"]) == ([1.0], [1.0])


def test_the_replica_holds_what_the_newest_event_said(shop: OrdersShop) -> None:
    expected = Product(product_id="mug", unit_price=1250, currency="EUR", active=True, revision=1)

    assert bootstrap.store().products(["mug", "ghost"]) == {"mug": expected}
