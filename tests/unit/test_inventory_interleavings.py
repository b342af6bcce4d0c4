"""Stock under any interleaving of deliveries, duplicates, expiry and racing writers."""

from __future__ import annotations

from collections import Counter
from functools import partial

from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.models import ReservationStatus
from tests.support.inventory import (
    InMemoryInventory,
    order_cancelled,
    order_confirmed,
    order_placed,
)

ORDERS = {
    "o1": {"mug": 2, "tea": 1},
    "o2": {"mug": 2},
    "o3": {"tea": 2, "mug": 1},
}
ACTIONS = st.tuples(
    st.sampled_from(["place", "confirm", "cancel", "expire"]), st.sampled_from(sorted(ORDERS))
)
STEPS = st.lists(st.tuples(ACTIONS, st.none() | ACTIONS), max_size=25)


def _act(world: InMemoryInventory, action: tuple[str, str]) -> None:
    """One delivery; a confirmation of an order never placed is the one that may fail."""
    kind, order_id = action
    match kind:
        case "place":
            world.reservations.place(order_placed(order_id, ORDERS[order_id]))
        case "confirm":
            if order_id in world.store.reservations:
                world.reservations.confirm(order_confirmed(order_id))
        case "cancel":
            world.reservations.cancel(order_cancelled(order_id))
        case "expire":
            world.clock.advance(61)
            world.sweep()


@given(steps=STEPS)
@settings(max_examples=300, deadline=None)
def test_no_piece_is_lost_or_sold_twice_under_any_interleaving(
    steps: list[tuple[tuple[str, str], tuple[str, str] | None]],
) -> None:
    world = InMemoryInventory(mug=3, tea=2)
    for action, meanwhile in steps:
        world.store.meanwhile = [] if meanwhile is None else [partial(_act, world, meanwhile)]
        _act(world, action)

        by_status: dict[ReservationStatus, Counter[str]] = {
            status: Counter() for status in ReservationStatus
        }
        for reservation in world.store.reservations.values():
            for line in reservation.lines:
                by_status[reservation.status][line.product_id] += line.quantity
        for product_id, initial in {"mug": 3, "tea": 2}.items():
            available, reserved, sold = world.stock(product_id)
            assert available >= 0
            assert reserved == by_status[ReservationStatus.RESERVED][product_id]
            assert sold == by_status[ReservationStatus.COMMITTED][product_id]
            assert available + reserved + sold == initial
        for order_id in ORDERS:
            assert world.store.events(order_id) in (
                [],
                ["StockReserved"],
                ["StockRejected"],
                ["StockReserved", "StockReleased"],
            )
