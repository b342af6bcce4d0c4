"""What inventory decides about orders, whatever comes twice, late or in another order."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from common.errors import ConflictError, MalformedError, UnavailableError
from inventory.logic import Decision, merged
from inventory.models import Line
from tests.support.inventory import (
    InMemoryInventory,
    order_cancelled,
    order_confirmed,
    order_event,
    order_placed,
    product,
)


def test_all_lines_of_an_order_are_held_for_it() -> None:
    world = InMemoryInventory(mug=5, tea=3)

    assert world.reservations.place(order_placed("o1", {"mug": 2, "tea": 3})) is Decision.RESERVED

    assert world.stock("mug") == (3, 2, 0)
    assert world.stock("tea") == (0, 3, 0)
    assert world.told() == {
        "lines": [{"product_id": "mug", "quantity": 2}, {"product_id": "tea", "quantity": 3}],
        "expires_at": "2026-11-24T03:12:00.000Z",
    }


def test_the_event_names_order_customer_and_correlation_of_its_cause() -> None:
    world = InMemoryInventory(mug=5)

    world.reservations.place(order_placed("o1", {"mug": 1}))

    (event,) = world.store.outbox
    assert (event.type, event.order_id, event.customer_id, event.correlation_id) == (
        "StockReserved",
        "o1",
        "customer-1",
        "correlation-of-o1",
    )


def test_no_line_is_held_when_one_lacks_pieces() -> None:
    world = InMemoryInventory(mug=5, tea=3)

    placed = order_placed("o1", {"mug": 2, "tea": 4, "cup": 1})
    assert world.reservations.place(placed) is Decision.REJECTED

    assert world.stock("mug") == (5, 0, 0)
    assert world.told() == {
        "shortages": [
            {"product_id": "tea", "requested": 4, "available": 3},
            {"product_id": "cup", "requested": 1, "available": 0},
        ]
    }


def test_a_rejected_order_stays_rejected_when_stock_comes_in() -> None:
    world = InMemoryInventory(mug=0)
    world.reservations.place(order_placed("o1", {"mug": 1}))
    world.store.catalogue["mug"] = product("mug", 9)

    assert world.reservations.place(order_placed("o1", {"mug": 1})) is Decision.NOTHING
    assert world.store.events("o1") == ["StockRejected"]


def test_two_lines_of_one_product_count_together() -> None:
    lines = [Line("mug", 2), Line("tea", 1), Line("mug", 3)]

    assert merged(lines) == (Line("mug", 5), Line("tea", 1))


def test_stock_that_comes_back_while_an_order_is_refused_is_reserved_after_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = InMemoryInventory(mug=2)
    world.reservations.place(order_placed("o1", {"mug": 2}))
    real_reserve = world.store.reserve

    def reserve_then_cancel(*args: Any) -> Any:
        outcome = real_reserve(*args)
        monkeypatch.undo()
        world.reservations.cancel(order_cancelled("o1"))
        return outcome

    monkeypatch.setattr(world.store, "reserve", reserve_then_cancel)
    assert world.reservations.place(order_placed("o2", {"mug": 2})) is Decision.RESERVED
    assert world.stock("mug") == (0, 2, 0)


def test_an_order_cancelled_while_it_is_refused_is_not_also_rejected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = InMemoryInventory(mug=0)

    def none_and_cancelled(product_ids: object) -> dict[str, int]:
        world.reservations.cancel(order_cancelled("o1"))
        return {}

    monkeypatch.setattr(world.store, "available", none_and_cancelled)

    assert world.reservations.place(order_placed("o1", {"mug": 1})) is Decision.NOTHING
    assert world.store.events("o1") == []


def test_an_order_whose_stock_never_holds_still_is_left_for_another_delivery(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = InMemoryInventory(mug=0)
    monkeypatch.setattr(world.store, "available", lambda product_ids: {"mug": 5})

    with pytest.raises(UnavailableError, match="o1 keeps changing"):
        world.reservations.place(order_placed("o1", {"mug": 1}))


def test_a_confirmed_order_is_sold_and_never_expires() -> None:
    world = InMemoryInventory(mug=5)
    world.reservations.place(order_placed("o1", {"mug": 2}))

    assert world.reservations.confirm(order_confirmed("o1")) is Decision.COMMITTED
    world.clock.advance(3600)

    assert world.sweep() == []
    assert world.stock("mug") == (3, 0, 2)


def test_a_confirmation_before_its_order_is_left_for_another_delivery() -> None:
    world = InMemoryInventory(mug=5)

    with pytest.raises(ConflictError, match="o1 is confirmed but was never placed"):
        world.reservations.confirm(order_confirmed("o1"))


def test_a_confirmation_after_expiry_changes_nothing() -> None:
    world = InMemoryInventory(mug=5)
    world.reservations.place(order_placed("o1", {"mug": 2}))
    world.clock.advance(61)
    assert world.sweep() == [Decision.RELEASED]

    assert world.reservations.confirm(order_confirmed("o1")) is Decision.NOTHING
    assert world.stock("mug") == (5, 0, 0)


def test_a_confirmation_written_just_before_expiry_wins() -> None:
    world = InMemoryInventory(mug=5)
    world.reservations.place(order_placed("o1", {"mug": 2}))
    world.clock.advance(61)
    world.store.meanwhile = [lambda: world.reservations.confirm(order_confirmed("o1"))]

    assert world.sweep() == [Decision.NOTHING]
    assert world.stock("mug") == (3, 0, 2)
    assert world.store.events("o1") == ["StockReserved"]


def test_expiry_written_just_before_a_confirmation_wins() -> None:
    world = InMemoryInventory(mug=5)
    world.reservations.place(order_placed("o1", {"mug": 2}))
    world.clock.advance(61)
    world.store.meanwhile = [world.sweep]

    assert world.reservations.confirm(order_confirmed("o1")) is Decision.NOTHING
    assert world.stock("mug") == (5, 0, 0)


@pytest.mark.parametrize("confirmed", [False, True])
def test_a_cancelled_order_gives_its_pieces_back_once(confirmed: bool) -> None:
    world = InMemoryInventory(mug=5)
    world.reservations.place(order_placed("o1", {"mug": 2}))
    if confirmed:
        world.reservations.confirm(order_confirmed("o1"))

    assert world.reservations.cancel(order_cancelled("o1")) is Decision.RELEASED
    assert world.told() == {
        "reason": "order_cancelled",
        "lines": [{"product_id": "mug", "quantity": 2}],
    }
    assert world.reservations.cancel(order_cancelled("o1")) is Decision.NOTHING
    assert world.stock("mug") == (5, 0, 0)
    assert world.store.events("o1") == ["StockReserved", "StockReleased"]


def test_a_cancellation_meets_a_confirmation_between_its_reading_and_its_writing() -> None:
    world = InMemoryInventory(mug=5)
    world.reservations.place(order_placed("o1", {"mug": 2}))
    world.store.meanwhile = [lambda: world.reservations.confirm(order_confirmed("o1"))]

    assert world.reservations.cancel(order_cancelled("o1")) is Decision.RELEASED
    assert world.stock("mug") == (5, 0, 0)


def test_an_order_cancelled_before_it_is_seen_never_gets_stock() -> None:
    world = InMemoryInventory(mug=5)

    assert world.reservations.cancel(order_cancelled("o1")) is Decision.NOTHING
    assert world.reservations.place(order_placed("o1", {"mug": 2})) is Decision.NOTHING

    assert world.stock("mug") == (5, 0, 0)
    assert world.store.events("o1") == []


def test_a_cancellation_that_races_its_order_releases_what_the_order_took() -> None:
    world = InMemoryInventory(mug=5)
    placed = order_placed("o1", {"mug": 2})
    world.store.meanwhile = [lambda: world.reservations.place(placed)]

    assert world.reservations.cancel(order_cancelled("o1")) is Decision.RELEASED
    assert world.stock("mug") == (5, 0, 0)


def test_a_reservation_that_changes_at_every_attempt_is_left_for_another_delivery(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = InMemoryInventory(mug=5)
    world.reservations.place(order_placed("o1", {"mug": 2}))
    monkeypatch.setattr(world.store, "release", lambda *args: False)

    with pytest.raises(UnavailableError, match="o1 keeps changing"):
        world.reservations.cancel(order_cancelled("o1"))


def test_a_reservation_expires_only_after_its_time() -> None:
    world = InMemoryInventory(mug=5)
    world.reservations.place(order_placed("o1", {"mug": 2}))

    world.clock.advance(60)
    assert world.sweep() == []
    world.clock.advance(0.001)
    assert world.sweep() == [Decision.RELEASED]

    assert world.told()["reason"] == "reservation_expired"
    assert world.store.outbox[-1].customer_id == "customer-1"
    assert world.store.outbox[-1].correlation_id == "correlation-of-o1"


def test_an_event_that_names_no_order_is_refused() -> None:
    world = InMemoryInventory(mug=5)

    with pytest.raises(MalformedError, match="names no order"):
        world.reservations.cancel(order_event("OrderCancelled", ""))


@pytest.mark.parametrize("quantity", [0, -1])
def test_an_order_of_no_pieces_is_refused(quantity: int) -> None:
    world = InMemoryInventory(mug=5)

    with pytest.raises(msgspec.ValidationError, match="quantity"):
        world.reservations.place(order_placed("o1", {"mug": quantity}))
