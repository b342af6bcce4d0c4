"""What events do to an order, in whatever order and however often they come."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.clock import new_id, parse_timestamp
from common.events import Envelope
from orders.facts import OBSERVED, fact_of
from orders.logic import Orders, UnknownOrderError
from orders.models import Order, OrderStatus
from tests.support.measurements import Measurements
from tests.support.orders import ANSWERS, Clock, InMemoryOrderStore, order, shop_event
from tests.support.payloads import CUSTOMER
from tests.support.properties import repeatable

RANK = {
    OrderStatus.PLACED: 0,
    OrderStatus.RESERVED: 1,
    OrderStatus.CONFIRMED: 2,
    OrderStatus.REJECTED: 3,
    OrderStatus.CANCELLED: 3,
}
SWEEP, CANCEL = "sweep", "cancel"


class Saga:
    """One order, the logic, and what it counted."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.store = InMemoryOrderStore()
        self.counted: Counter[str] = Counter()
        self.measured = Measurements()
        self.orders = Orders(
            self.store,
            clock=self.clock,
            new_id=new_id,
            count=lambda name: self.counted.update([name]),
            measure=self.measured,
        )
        self.order_id = self.store.add(order()).order_id

    @property
    def order(self) -> Order:
        return self.store.orders[self.order_id]

    def event(self, kind: str, data: dict[str, object] | None = None) -> Envelope:
        return shop_event(kind, self.order_id, data)

    def observe(self, *events: Envelope) -> None:
        for event in events:
            self.orders.observe(fact_of(event))

    def steps(self) -> list[str]:
        return sorted(step.step for step in self.store.steps[self.order_id].values())


@pytest.fixture
def saga() -> Saga:
    return Saga()


def test_an_order_that_is_reserved_and_paid_is_confirmed(saga: Saga) -> None:
    saga.observe(saga.event("StockReserved"))
    reserved = saga.order

    saga.observe(saga.event("PaymentCaptured"))

    assert reserved.status is OrderStatus.RESERVED
    assert saga.order.status is OrderStatus.CONFIRMED
    assert saga.store.told() == ["OrderConfirmed"]
    assert saga.steps() == ["OrderConfirmed", "PaymentCaptured", "StockReserved"]
    assert saga.counted == {"OrdersConfirmed": 1}
    ((seconds, dimensions),) = saga.measured.of("SecondsToConfirmed")
    waited = saga.clock() - parse_timestamp(saga.order.created_at)
    assert (seconds, dimensions) == (waited.total_seconds(), {})


def test_a_payment_that_overtakes_the_reservation_confirms(saga: Saga) -> None:
    saga.observe(saga.event("PaymentCaptured"), saga.event("StockReserved"))

    assert saga.order.status is OrderStatus.CONFIRMED
    assert saga.store.told() == ["OrderConfirmed"]
    assert "StockReserved" in saga.steps()


def test_an_order_without_stock_is_rejected_and_nobody_is_told_twice(saga: Saga) -> None:
    saga.observe(saga.event("StockRejected"))

    assert saga.order.status is OrderStatus.REJECTED
    assert saga.store.told() == []
    assert saga.counted == {"OrdersRejected": 1}


def test_a_declined_payment_cancels(saga: Saga) -> None:
    saga.observe(saga.event("StockReserved"), saga.event("PaymentDeclined"))

    assert (saga.order.status, saga.order.cancel_reason) == ("CANCELLED", "payment_declined")
    assert saga.store.told() == ["OrderCancelled"]
    assert saga.counted == {"OrdersCancelled": 1}


def test_an_expired_reservation_cancels_even_a_confirmed_order(saga: Saga) -> None:
    saga.observe(saga.event("PaymentCaptured"), saga.event("StockReleased"))

    assert (saga.order.status, saga.order.cancel_reason) == ("CANCELLED", "reservation_expired")
    assert saga.store.told() == ["OrderConfirmed", "OrderCancelled"]


@pytest.mark.parametrize("reason", ["order_cancelled", "a reason of version 2"])
def test_a_release_for_any_other_reason_is_only_recorded(saga: Saga, reason: str) -> None:
    saga.observe(saga.event("StockReleased", {"reason": reason, "lines": []}))

    assert saga.order.status is OrderStatus.PLACED
    assert saga.steps() == ["StockReleased"]


def test_a_refund_is_shown_and_moves_nothing(saga: Saga) -> None:
    saga.observe(saga.event("PaymentCaptured"))
    saga.orders.cancel(CUSTOMER, saga.order_id, "correlation-1")

    saga.observe(saga.event("PaymentRefunded"))

    assert saga.order.refunded
    assert (saga.order.status, saga.order.cancel_reason) == ("CANCELLED", "customer")


def test_events_carry_the_correlation_id_of_what_caused_them(saga: Saga) -> None:
    saga.observe(saga.event("PaymentCaptured"))

    (confirmed,) = saga.store.events
    assert confirmed.correlation_id == "correlation-of-the-event"
    assert (confirmed.order_id, confirmed.customer_id) == (saga.order_id, CUSTOMER)


@pytest.mark.parametrize("kind", OBSERVED)
def test_an_event_seen_twice_changes_nothing_the_second_time(saga: Saga, kind: str) -> None:
    event = saga.event(kind)
    saga.observe(event)
    once = (saga.order, saga.steps(), saga.store.told())

    saga.observe(event)

    assert (saga.order, saga.steps(), saga.store.told()) == once
    assert saga.steps().count(kind) == 1


@pytest.mark.parametrize("kind", OBSERVED)
def test_unknown_fields_of_a_later_version_are_read_over(saga: Saga, kind: str) -> None:
    saga.observe(saga.event(kind, {**ANSWERS[kind], "added_in_version_2": {"deep": [1]}}))

    assert kind in saga.steps()


@pytest.mark.parametrize("kind", OBSERVED)
def test_an_event_about_an_order_never_placed_fails(saga: Saga, kind: str) -> None:
    with pytest.raises(UnknownOrderError, match="was never placed"):
        saga.observe(shop_event(kind, new_id()))


@pytest.mark.parametrize("kind", OBSERVED)
def test_an_event_that_names_no_order_fails(saga: Saga, kind: str) -> None:
    with pytest.raises(ValueError, match="names no order"):
        saga.observe(shop_event(kind, None))


@repeatable
@given(
    st.lists(st.tuples(st.sampled_from([*OBSERVED, SWEEP, CANCEL]), st.integers(0, 1)), max_size=14)
)
def test_no_shuffle_and_no_duplicate_moves_an_order_back_or_tells_the_shop_twice(
    happenings: list[tuple[str, int]],
) -> None:
    saga = Saga()
    saga.clock.advance(3600)
    events = {(kind, copy): saga.event(kind) for kind in OBSERVED for copy in (0, 1)}
    seen = [saga.order]
    for kind, copy in happenings:
        if kind == SWEEP:
            saga.orders.cancel_overdue()
        elif kind == CANCEL and saga.order.status is not OrderStatus.REJECTED:
            saga.orders.cancel(CUSTOMER, saga.order_id, "correlation-1")
        elif kind in OBSERVED:
            saga.observe(events[kind, copy])
        seen.append(saga.order)

    for earlier, later in pairwise(seen):
        assert earlier.status is later.status or RANK[earlier.status] < RANK[later.status]
        assert later.refunded or not earlier.refunded
    told = Counter(saga.store.told())
    assert told["OrderConfirmed"] <= 1
    assert told["OrderCancelled"] == (saga.order.status is OrderStatus.CANCELLED)
    recorded = [step for step in saga.steps() if step in OBSERVED]
    assert len(recorded) == len({each for each in happenings if each[0] in OBSERVED})
