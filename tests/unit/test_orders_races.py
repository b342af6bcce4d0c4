"""Two changes of one order at a time: the second is decided on what the first has written."""

from __future__ import annotations

import pytest

from common.clock import new_id
from orders.facts import fact_of
from orders.logic import Orders
from orders.models import OrderStatus
from tests.support.measurements import unmeasured
from tests.support.orders import ELSEWHERE, Clock, InMemoryOrderStore, order, shop_event
from tests.support.payloads import CUSTOMER


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store() -> InMemoryOrderStore:
    return InMemoryOrderStore()


@pytest.fixture
def orders(store: InMemoryOrderStore, clock: Clock) -> Orders:
    return Orders(store, clock=clock, new_id=new_id, count=lambda name: None, measure=unmeasured)


def test_a_race_that_is_lost_is_decided_again(orders: Orders, store: InMemoryOrderStore) -> None:
    order_id = store.add(order()).order_id
    declined = fact_of(shop_event("PaymentDeclined", order_id))
    store.interruptions.append(lambda: orders.observe(declined))

    settled = orders.cancel(CUSTOMER, order_id, "correlation-1")

    assert settled.cancel_reason == "payment_declined"
    assert store.told() == ["OrderCancelled"]


def test_an_address_changed_meanwhile_survives_the_move(
    orders: Orders, store: InMemoryOrderStore
) -> None:
    order_id = store.add(order()).order_id
    store.interruptions.append(lambda: orders.change_address(CUSTOMER, order_id, ELSEWHERE))

    orders.observe(fact_of(shop_event("StockReserved", order_id)))

    assert store.orders[order_id].shipping_address == ELSEWHERE
    assert store.orders[order_id].status is OrderStatus.RESERVED


def test_a_timeline_tells_changes_in_the_order_in_which_they_were_made(
    orders: Orders, store: InMemoryOrderStore, clock: Clock
) -> None:
    order_id = store.add(order()).order_id

    def overtake() -> None:
        clock.advance(1)
        orders.change_address(CUSTOMER, order_id, ELSEWHERE)

    store.interruptions.append(overtake)
    orders.cancel(CUSTOMER, order_id, "correlation-1")

    steps = orders.timeline(CUSTOMER, order_id).steps
    assert [step.step for step in steps] == ["ShippingAddressChanged", "OrderCancelled"]
