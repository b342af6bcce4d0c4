"""Reading, listing, changing and giving up orders, with a store in memory."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest

from common.clock import new_id, timestamp
from common.errors import ConflictError, MalformedError, NotFoundError, UnavailableError
from common.paging import encode_cursor
from orders.facts import fact_of
from orders.logic import ATTEMPTS, Orders
from orders.models import OrderStatus
from tests.support.measurements import unmeasured
from tests.support.orders import (
    ELSEWHERE,
    MUG,
    START,
    Clock,
    InMemoryOrderStore,
    order,
    shop_event,
)
from tests.support.payloads import CUSTOMER, OTHER_CUSTOMER

ACTIVE = [OrderStatus.PLACED, OrderStatus.RESERVED, OrderStatus.CONFIRMED]
FINAL = [OrderStatus.REJECTED, OrderStatus.CANCELLED]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store() -> InMemoryOrderStore:
    return InMemoryOrderStore()


@pytest.fixture
def counted() -> list[str]:
    return []


@pytest.fixture
def orders(store: InMemoryOrderStore, clock: Clock, counted: list[str]) -> Orders:
    return Orders(store, clock=clock, new_id=new_id, count=counted.append, measure=unmeasured)


READERS: list[Callable[[Orders, str], object]] = [
    lambda orders, order_id: orders.read(CUSTOMER, order_id),
    lambda orders, order_id: orders.timeline(CUSTOMER, order_id),
    lambda orders, order_id: orders.change_address(CUSTOMER, order_id, ELSEWHERE),
    lambda orders, order_id: orders.cancel(CUSTOMER, order_id, "correlation-1"),
]


@pytest.mark.parametrize("use", READERS)
def test_another_customers_order_is_not_found(
    orders: Orders, store: InMemoryOrderStore, use: Callable[[Orders, str], object]
) -> None:
    theirs = store.add(order(customer_id=OTHER_CUSTOMER))

    with pytest.raises(NotFoundError, match="you have no order"):
        use(orders, theirs.order_id)

    assert store.orders[theirs.order_id] == theirs


@pytest.mark.parametrize("use", READERS)
@pytest.mark.parametrize(
    "order_id", ["", "ORDER#1", "x" * 5000, "{}", "01A20BF6-E60C-7244-9D54-5D3E8D6D6EAE"]
)
def test_what_is_no_order_id_is_not_found_without_a_look(
    orders: Orders, store: InMemoryOrderStore, use: Callable[[Orders, str], object], order_id: str
) -> None:
    store.broken.add(order_id)

    with pytest.raises(NotFoundError):
        use(orders, order_id)


def test_pages_show_the_newest_first_and_end(orders: Orders, store: InMemoryOrderStore) -> None:
    placed = [
        store.add(order(created_at=timestamp(START + timedelta(minutes=at)))) for at in range(5)
    ]
    store.add(order(customer_id=OTHER_CUSTOMER))

    first, cursor = orders.page(CUSTOMER, None, 3)
    second, end = orders.page(CUSTOMER, cursor, 3)

    assert first + second == list(reversed(placed))
    assert end is None


def test_a_page_that_is_just_full_is_the_last(orders: Orders, store: InMemoryOrderStore) -> None:
    store.add(order())

    assert orders.page(CUSTOMER, None, 1)[1] is None


def test_a_cursor_is_of_no_use_to_another_customer(
    orders: Orders, store: InMemoryOrderStore
) -> None:
    store.add(order())
    store.add(order())
    _, cursor = orders.page(CUSTOMER, None, 1)

    with pytest.raises(MalformedError, match="start without a cursor"):
        orders.page(OTHER_CUSTOMER, cursor, 1)


def test_a_cursor_of_another_form_is_refused(orders: Orders) -> None:
    with pytest.raises(MalformedError, match="start without a cursor"):
        orders.page(CUSTOMER, encode_cursor(f"orders of {CUSTOMER}", ["one part"]), 1)


def test_a_timeline_is_in_order_of_time_however_events_came(
    orders: Orders, store: InMemoryOrderStore
) -> None:
    order_id = store.add(order()).order_id
    orders.observe(fact_of(shop_event("PaymentCaptured", order_id, minute=30)))
    orders.observe(fact_of(shop_event("StockReserved", order_id, minute=12)))

    timeline = orders.timeline(CUSTOMER, order_id)

    assert [(step.step, step.at) for step in timeline.steps] == [
        ("OrderConfirmed", "2026-11-24T03:11:00.000Z"),
        ("StockReserved", "2026-11-24T03:12:00.000Z"),
        ("PaymentCaptured", "2026-11-24T03:30:00.000Z"),
    ]


@pytest.mark.parametrize("status", ACTIVE)
def test_the_address_of_an_order_that_may_be_delivered_changes(
    orders: Orders, store: InMemoryOrderStore, status: OrderStatus
) -> None:
    placed = store.add(order(status=status))

    changed = orders.change_address(CUSTOMER, placed.order_id, ELSEWHERE)

    assert changed == msgspec.structs.replace(placed, shipping_address=ELSEWHERE)
    assert store.orders[placed.order_id] == changed
    (step,) = store.steps[placed.order_id].values()
    assert (step.step, step.detail) == ("ShippingAddressChanged", {})
    assert store.told() == []


@pytest.mark.parametrize("status", FINAL)
def test_the_address_of_an_order_that_ended_stays(
    orders: Orders, store: InMemoryOrderStore, status: OrderStatus
) -> None:
    placed = store.add(order(status=status))

    with pytest.raises(ConflictError, match=f"is {status}; its address can change while"):
        orders.change_address(CUSTOMER, placed.order_id, ELSEWHERE)


def test_the_same_address_again_changes_nothing(orders: Orders, store: InMemoryOrderStore) -> None:
    placed = store.add(order())

    assert orders.change_address(CUSTOMER, placed.order_id, placed.shipping_address) == placed
    assert store.steps[placed.order_id] == {}


@pytest.mark.parametrize("status", ACTIVE)
def test_a_customer_cancels_an_order_that_may_be_delivered(
    orders: Orders, store: InMemoryOrderStore, counted: list[str], status: OrderStatus
) -> None:
    placed = store.add(order(status=status))

    cancelled = orders.cancel(CUSTOMER, placed.order_id, "correlation-of-the-request")

    assert (cancelled.status, cancelled.cancel_reason) == ("CANCELLED", "customer")
    (event,) = store.events
    assert (event.type, event.correlation_id) == ("OrderCancelled", "correlation-of-the-request")
    assert counted == ["OrdersCancelled"]


def test_cancelling_twice_answers_the_same_and_tells_the_shop_once(
    orders: Orders, store: InMemoryOrderStore
) -> None:
    order_id = store.add(order()).order_id

    first = orders.cancel(CUSTOMER, order_id, "correlation-1")
    second = orders.cancel(CUSTOMER, order_id, "correlation-2")

    assert first == second
    assert store.told() == ["OrderCancelled"]


def test_a_rejected_order_cannot_be_cancelled(orders: Orders, store: InMemoryOrderStore) -> None:
    order_id = store.add(order(status=OrderStatus.REJECTED)).order_id

    with pytest.raises(ConflictError, match="is REJECTED"):
        orders.cancel(CUSTOMER, order_id, "correlation-1")


def test_an_order_that_never_stands_still_is_given_up(
    orders: Orders, store: InMemoryOrderStore
) -> None:
    placed = store.add(order())
    flips = [OrderStatus.RESERVED, OrderStatus.PLACED] * ATTEMPTS

    def flip() -> None:
        store.orders[placed.order_id] = msgspec.structs.replace(placed, status=flips.pop(0))

    store.interruptions.extend([flip] * ATTEMPTS)

    with pytest.raises(UnavailableError, match="keeps changing; try again"):
        orders.cancel(CUSTOMER, placed.order_id, "correlation-1")

    assert store.told() == []


def test_orders_past_their_deadline_are_cancelled_and_others_are_left(
    orders: Orders, store: InMemoryOrderStore, clock: Clock
) -> None:
    late = store.add(order())
    reserved = store.add(order(status=OrderStatus.RESERVED))
    confirmed = store.add(order(status=OrderStatus.CONFIRMED))
    young = store.add(order(deadline_at=timestamp(START + timedelta(seconds=601))))
    clock.advance(600)

    swept = orders.cancel_overdue()

    assert (swept.cancelled, swept.failed) == (2, 0)
    for each in (late, reserved):
        assert store.orders[each.order_id].cancel_reason == "deadline"
    for each in (confirmed, young):
        assert store.orders[each.order_id] == each
    assert {event.correlation_id for event in store.events} == {"correlation-of-the-order"}
    assert store.told() == ["OrderCancelled", "OrderCancelled"]


def test_one_order_that_fails_does_not_stop_the_sweep(
    orders: Orders, store: InMemoryOrderStore, clock: Clock
) -> None:
    bad = store.add(order(deadline_at=timestamp(START)))
    good = store.add(order())
    store.broken.add(bad.order_id)
    clock.advance(600)

    swept = orders.cancel_overdue()

    assert (swept.cancelled, swept.failed) == (1, 1)
    assert store.orders[good.order_id].status is OrderStatus.CANCELLED


def test_an_order_answered_while_it_was_swept_is_left(
    orders: Orders, store: InMemoryOrderStore, clock: Clock
) -> None:
    order_id = store.add(order()).order_id
    clock.advance(600)
    captured = fact_of(shop_event("PaymentCaptured", order_id))
    store.interruptions.append(lambda: orders.observe(captured))

    swept = orders.cancel_overdue()

    assert (swept.cancelled, swept.failed) == (0, 0)
    assert store.orders[order_id].status is OrderStatus.CONFIRMED
    assert store.told() == ["OrderConfirmed"]


def test_an_older_revision_of_a_product_never_replaces_a_newer_one(
    orders: Orders, store: InMemoryOrderStore
) -> None:
    newer = msgspec.structs.replace(MUG, unit_price=1400, revision=3)

    assert orders.learn_product(newer)
    assert not orders.learn_product(newer)
    assert not orders.learn_product(MUG)

    assert store.catalogue["mug"] == newer
