"""Placing an order: prices, availability, and what the shop is told."""

from __future__ import annotations

import msgspec
import pytest

from common.errors import InvalidError
from orders.models import OrderStatus
from tests.support.order_placing import LINES, Shop
from tests.support.orders import LAMP
from tests.support.payloads import CUSTOMER


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_prices_come_from_the_catalogue(shop: Shop) -> None:
    placed = shop.place(lines=LINES)

    order = shop.store.orders[placed.order_id]
    assert [line.unit_price for line in order.lines] == [1250, 4999]
    assert (order.total, order.currency) == (2 * 1250 + 4999, "EUR")
    assert order.status is OrderStatus.PLACED


def test_the_shop_is_told_of_the_order_with_its_payment_token_and_without_its_address(
    shop: Shop,
) -> None:
    placed = shop.place()

    (event,) = shop.store.events
    assert (event.type, event.version, event.order_id) == ("OrderPlaced", 1, placed.order_id)
    assert (event.customer_id, event.correlation_id) == (CUSTOMER, "correlation-1")
    assert msgspec.json.decode(event.data) == {
        "lines": [{"product_id": "mug", "quantity": 2, "unit_price": 1250}],
        "total": 2500,
        "currency": "EUR",
        "payment_token": "tok_approved",
    }


def test_the_timeline_starts_without_the_payment_token(shop: Shop) -> None:
    placed = shop.place()

    (step,) = shop.store.steps[placed.order_id].values()
    assert step.step == "OrderPlaced"
    assert step.at == shop.store.orders[placed.order_id].created_at
    assert step.detail == {"total": 2500, "currency": "EUR"}


def test_an_order_has_a_deadline_from_its_creation(shop: Shop) -> None:
    order = shop.store.orders[shop.place().order_id]

    assert order.created_at == "2026-11-24T03:11:00.000Z"
    assert order.deadline_at == "2026-11-24T03:21:00.000Z"


@pytest.mark.parametrize(
    ("answer", "shown"), [(True, "available"), (False, "short"), (None, "unknown")]
)
def test_an_order_is_taken_whatever_inventory_answers_and_the_answer_is_shown(
    shop: Shop, answer: bool | None, shown: str
) -> None:
    shop.inquiry.answer = answer

    placed = shop.place()

    assert placed.answer.status == 201
    assert msgspec.json.decode(placed.answer.body)["availability"] == shown
    assert len(shop.store.orders) == 1


def test_products_that_cannot_be_bought_are_all_named(shop: Shop) -> None:
    shop.store.save_product(msgspec.structs.replace(LAMP, active=False, revision=2))

    with pytest.raises(InvalidError) as refused:
        shop.place(lines=[*LINES, {"product_id": "ghost", "quantity": 1}])

    assert refused.value.errors == (
        "lines[1].product_id = 'lamp': it is not sold at present; choose another",
        "lines[2].product_id = 'ghost': there is no such product; choose one of GET /products",
    )
    assert shop.inquiry.asked == []


def test_products_of_two_currencies_are_refused(shop: Shop) -> None:
    shop.store.save_product(msgspec.structs.replace(LAMP, currency="GBP", revision=2))

    with pytest.raises(InvalidError, match="sold in EUR and GBP; place one order per currency"):
        shop.place(lines=LINES)
