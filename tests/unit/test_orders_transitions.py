"""The status machine by itself."""

from __future__ import annotations

import pytest

from orders.events import OrderCancelled, OrderConfirmed
from orders.models import OrderStatus
from orders.transitions import MOVES, Cause, announcement, moved
from tests.support.orders import order

RANK = {
    OrderStatus.PLACED: 0,
    OrderStatus.RESERVED: 1,
    OrderStatus.CONFIRMED: 2,
    OrderStatus.REJECTED: 3,
    OrderStatus.CANCELLED: 3,
}
FINAL = (OrderStatus.REJECTED, OrderStatus.CANCELLED)
TABLE = {
    (OrderStatus.PLACED, Cause.STOCK_RESERVED): OrderStatus.RESERVED,
    (OrderStatus.PLACED, Cause.STOCK_REJECTED): OrderStatus.REJECTED,
    (OrderStatus.PLACED, Cause.PAYMENT_CAPTURED): OrderStatus.CONFIRMED,
    (OrderStatus.PLACED, Cause.PAYMENT_DECLINED): OrderStatus.CANCELLED,
    (OrderStatus.PLACED, Cause.RESERVATION_EXPIRED): OrderStatus.CANCELLED,
    (OrderStatus.PLACED, Cause.CUSTOMER_CANCELS): OrderStatus.CANCELLED,
    (OrderStatus.PLACED, Cause.DEADLINE_PASSED): OrderStatus.CANCELLED,
    (OrderStatus.RESERVED, Cause.PAYMENT_CAPTURED): OrderStatus.CONFIRMED,
    (OrderStatus.RESERVED, Cause.PAYMENT_DECLINED): OrderStatus.CANCELLED,
    (OrderStatus.RESERVED, Cause.RESERVATION_EXPIRED): OrderStatus.CANCELLED,
    (OrderStatus.RESERVED, Cause.CUSTOMER_CANCELS): OrderStatus.CANCELLED,
    (OrderStatus.RESERVED, Cause.DEADLINE_PASSED): OrderStatus.CANCELLED,
    (OrderStatus.CONFIRMED, Cause.RESERVATION_EXPIRED): OrderStatus.CANCELLED,
    (OrderStatus.CONFIRMED, Cause.CUSTOMER_CANCELS): OrderStatus.CANCELLED,
}


@pytest.mark.parametrize("status", OrderStatus)
@pytest.mark.parametrize("cause", Cause)
def test_each_cause_leads_from_each_status_where_the_saga_says(
    status: OrderStatus, cause: Cause
) -> None:
    assert moved(order(status=status), cause).status is TABLE.get((status, cause), status)


@pytest.mark.parametrize("cause", Cause)
def test_every_move_goes_forward(cause: Cause) -> None:
    move = MOVES[cause]

    assert all(RANK[source] < RANK[move.target] for source in move.sources)


@pytest.mark.parametrize("status", FINAL)
def test_nothing_leads_out_of_a_final_status(status: OrderStatus) -> None:
    assert not any(status in move.sources for move in MOVES.values())


@pytest.mark.parametrize("cause", Cause)
def test_a_cause_that_no_longer_matters_never_matters_again(cause: Cause) -> None:
    """A fact that moves nothing is recorded without a condition on the status: this is why."""
    sources = MOVES[cause].sources
    for status in sources:
        before = [
            source
            for (source, other), target in TABLE.items()
            if target is status and other is not cause
        ]
        assert set(before) <= sources


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        (Cause.PAYMENT_DECLINED, "payment_declined"),
        (Cause.RESERVATION_EXPIRED, "reservation_expired"),
        (Cause.CUSTOMER_CANCELS, "customer"),
        (Cause.DEADLINE_PASSED, "deadline"),
    ],
)
def test_a_cancellation_says_why(cause: Cause, reason: str) -> None:
    after = moved(order(), cause)

    assert after.cancel_reason == reason
    assert announcement(after) == OrderCancelled(reason=reason, total=2500, currency="EUR")


def test_a_confirmation_is_announced() -> None:
    after = moved(order(), Cause.PAYMENT_CAPTURED)

    assert announcement(after) == OrderConfirmed(total=2500, currency="EUR")


@pytest.mark.parametrize("cause", [Cause.STOCK_RESERVED, Cause.STOCK_REJECTED])
def test_what_inventory_told_the_shop_is_not_told_again(cause: Cause) -> None:
    assert announcement(moved(order(), cause)) is None
