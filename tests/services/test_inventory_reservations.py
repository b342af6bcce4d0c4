"""Reservations in DynamoDB, against moto: every condition, and what each write leaves."""

from __future__ import annotations

from collections.abc import Iterator

import botocore.session
import msgspec
import pytest
from moto import mock_aws

from common.dynamo import to_item
from common.errors import ServiceError
from inventory.logic import Decision
from inventory.models import ReservationStatus
from tests.support.inventory import order_cancelled, order_confirmed, order_placed
from tests.support.inventory_dynamo import NAME, DynamoInventory


@pytest.fixture
def world() -> Iterator[DynamoInventory]:
    with mock_aws():
        dynamodb = botocore.session.Session().create_client("dynamodb", region_name="eu-west-1")
        yield DynamoInventory(dynamodb)


def test_the_largest_order_is_held_in_one_transaction(world: DynamoInventory) -> None:
    lines = {f"product-{number}": 2 for number in range(25)}
    world.stock_up(dict.fromkeys(lines, 3))

    assert world.reservations.place(order_placed("o1", lines)) is Decision.RESERVED

    assert {world.stock(product_id) for product_id in lines} == {(1, 2, 0)}
    assert world.told() == ["StockReserved"]


def test_an_order_lacking_one_piece_of_25_lines_holds_nothing(world: DynamoInventory) -> None:
    lines = {f"product-{number}": 3 for number in range(25)}
    world.stock_up({**dict.fromkeys(lines, 3), "product-24": 2})

    assert world.reservations.place(order_placed("o1", lines)) is Decision.REJECTED

    assert {world.stock(product_id) for product_id in lines} == {(3, 0, 0), (2, 0, 0)}
    (told,) = world.items("OUTBOX#")
    assert msgspec.json.decode(told["event"])["data"] == {
        "shortages": [{"product_id": "product-24", "requested": 3, "available": 2}]
    }


def test_an_order_for_a_product_that_does_not_exist_is_rejected(world: DynamoInventory) -> None:
    world.stock_up({"mug": 5})

    placed = order_placed("o1", {"mug": 1, "cup": 1})
    assert world.reservations.place(placed) is Decision.REJECTED

    assert world.catalogue.product("mug").available == 5
    assert len(world.items("PRODUCT#")) == 1


@pytest.mark.parametrize(
    "history",
    [
        ["placed"],
        ["placed", "confirmed"],
        ["placed", "cancelled"],
        ["placed", "confirmed", "cancelled"],
        ["cancelled"],
        ["cancelled", "placed"],
        ["too much"],
    ],
)
def test_an_event_delivered_twice_changes_nothing_the_second_time(
    world: DynamoInventory, history: list[str]
) -> None:
    world.stock_up({"mug": 5})
    deliveries = {
        "placed": lambda: world.reservations.place(order_placed("o1", {"mug": 2})),
        "too much": lambda: world.reservations.place(order_placed("o1", {"mug": 6})),
        "confirmed": lambda: world.reservations.confirm(order_confirmed("o1")),
        "cancelled": lambda: world.reservations.cancel(order_cancelled("o1")),
    }
    for event in history:
        deliveries[event]()
    before = sorted(map(repr, world.items()))

    for event in history:
        assert deliveries[event]() is Decision.NOTHING

    assert sorted(map(repr, world.items())) == before


def test_a_cancelled_order_that_was_sold_gives_its_pieces_back(world: DynamoInventory) -> None:
    world.stock_up({"mug": 5, "tea": 5})
    world.reservations.place(order_placed("o1", {"mug": 2, "tea": 1}))
    assert world.reservations.confirm(order_confirmed("o1")) is Decision.COMMITTED
    assert (world.stock("mug"), world.stock("tea")) == ((3, 0, 2), (4, 0, 1))

    assert world.reservations.cancel(order_cancelled("o1")) is Decision.RELEASED

    assert (world.stock("mug"), world.stock("tea")) == ((5, 0, 0), (5, 0, 0))
    assert world.told() == ["StockReserved", "StockReleased"]


def test_an_order_cancelled_before_it_was_seen_is_remembered(world: DynamoInventory) -> None:
    world.stock_up({"mug": 5})

    world.reservations.cancel(order_cancelled("o1"))

    assert world.reservations.place(order_placed("o1", {"mug": 2})) is Decision.NOTHING
    assert world.status("o1") is ReservationStatus.CANCELLED
    assert (world.stock("mug"), world.told()) == ((5, 0, 0), [])


def test_only_reservations_whose_time_is_over_expire(world: DynamoInventory) -> None:
    world.stock_up({"mug": 9})
    for order_id in ("late", "sold", "gone"):
        world.reservations.place(order_placed(order_id, {"mug": 2}))
    world.reservations.confirm(order_confirmed("sold"))
    world.reservations.cancel(order_cancelled("gone"))
    world.clock.advance(61)
    world.reservations.place(order_placed("new", {"mug": 1}))

    assert world.sweep() == [Decision.RELEASED]
    assert world.sweep() == []

    assert world.status("late") is ReservationStatus.RELEASED
    assert world.status("new") is ReservationStatus.RESERVED
    assert world.stock("mug") == (6, 1, 2)


def test_a_reservation_is_listed_for_expiry_only_while_it_is_reserved(
    world: DynamoInventory,
) -> None:
    world.stock_up({"mug": 9})
    world.reservations.place(order_placed("o1", {"mug": 2}))
    assert [item["expiring"] for item in world.items("ORDER#")] == ["1"]

    world.reservations.confirm(order_confirmed("o1"))
    world.reservations.place(order_placed("rejected", {"mug": 99}))

    assert not any("expiring" in item for item in world.items("ORDER#"))


def test_a_decision_that_holds_nothing_has_no_time_of_expiry(world: DynamoInventory) -> None:
    world.reservations.place(order_placed("rejected", {"mug": 99}))
    world.reservations.cancel(order_cancelled("buried"))

    keys = [set(item) for item in world.items("ORDER#")]
    known = {"pk", "sk", "order_id", "customer_id", "correlation_id", "status"}
    assert keys == [known, known]


def test_a_stale_view_of_a_reservation_releases_nothing(world: DynamoInventory) -> None:
    world.stock_up({"mug": 5})
    world.reservations.place(order_placed("o1", {"mug": 2}))
    world.clock.advance(61)
    stale = list(world.reservations.expired())
    world.reservations.confirm(order_confirmed("o1"))

    assert [world.reservations.expire(held) for held in stale] == [Decision.NOTHING]
    assert world.stock("mug") == (3, 0, 2)


def test_pieces_that_a_product_does_not_count_are_never_moved(world: DynamoInventory) -> None:
    world.stock_up({"mug": 5})
    world.reservations.place(order_placed("o1", {"mug": 2}))
    world.dynamodb.update_item(
        TableName=NAME,
        Key=to_item({"pk": "PRODUCT#mug", "sk": "PRODUCT"}),
        UpdateExpression="SET reserved = :one",
        ExpressionAttributeValues=to_item({":one": 1}),
    )

    with pytest.raises(ServiceError, match="o1 holds pieces that its products do not count"):
        world.reservations.cancel(order_cancelled("o1"))

    assert world.stock("mug") == (3, 1, 0)
    assert world.status("o1") is ReservationStatus.RESERVED


def test_an_event_carries_the_trace_and_waits_in_the_outbox(world: DynamoInventory) -> None:
    world.stock_up({"mug": 5})

    world.reservations.place(order_placed("o1", {"mug": 2}))

    (told,) = world.items("OUTBOX#")
    assert (told["unpublished"], told["kind"], told["sk"]) == ("1", "outbox", "EVENT")


def test_reserving_is_one_request_to_the_table(world: DynamoInventory) -> None:
    world.stock_up({"mug": 5})
    requests: list[str] = []
    world.dynamodb.meta.events.register(
        "before-call.dynamodb", lambda model, **event: requests.append(model.name)
    )

    world.reservations.place(order_placed("o1", {"mug": 2}))

    assert requests == ["TransactWriteItems"]
