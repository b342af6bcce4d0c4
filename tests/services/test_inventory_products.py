"""Products in DynamoDB, against moto: revisions, adjustments, pages, availability."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import botocore.session
import msgspec
import pytest
from moto import mock_aws

from inventory.models import AvailabilityQuestion, Line, StockAdjustment
from inventory.ports import Written
from tests.support.inventory import DETAILS, order_placed
from tests.support.inventory_dynamo import DynamoInventory


@pytest.fixture
def world() -> Iterator[DynamoInventory]:
    with mock_aws():
        dynamodb = botocore.session.Session().create_client("dynamodb", region_name="eu-west-1")
        yield DynamoInventory(dynamodb)


def test_changed_details_leave_the_stock_alone(world: DynamoInventory) -> None:
    world.stock_up({"mug": 5})
    world.reservations.place(order_placed("o1", {"mug": 2}))
    dearer = msgspec.structs.replace(DETAILS, unit_price=1400)

    saved, created = world.catalogue.save("mug", dearer, "correlation-2")

    assert (saved.details, saved.revision, created) == (dearer, 2, False)
    assert world.stock("mug") == (3, 2, 0)
    assert world.told() == ["StockReserved", "ProductChanged"]


def test_a_revision_is_taken_once(world: DynamoInventory) -> None:
    world.stock_up({"mug": 5})
    changed = msgspec.structs.replace(DETAILS, name="Cup")
    event = order_placed("o1", {"mug": 1})

    assert not world.store.save("mug", changed, 1, event)
    assert world.store.save("mug", changed, 2, event)
    assert not world.store.save("mug", DETAILS, 2, event)

    assert world.catalogue.product("mug").details == changed
    assert len(world.items("OUTBOX#")) == 1


def test_an_adjustment_is_made_once_and_never_below_zero(world: DynamoInventory) -> None:
    world.stock_up({"mug": 5})
    first = StockAdjustment(adjustment_id=UUID(int=100), quantity=-5)
    second = StockAdjustment(adjustment_id=UUID(int=101), quantity=-1)

    assert world.store.adjust("mug", first) is Written.DONE
    assert world.store.adjust("mug", first) is Written.SEEN
    assert world.store.adjust("mug", second) is Written.SHORT
    assert world.store.adjust("cup", StockAdjustment(adjustment_id=UUID(int=102), quantity=1)) is (
        Written.SHORT
    )

    assert world.stock("mug") == (0, 0, 0)
    assert world.store.adjustment(str(UUID(int=101))) is None
    assert len(world.items("PRODUCT#")) == 1


def test_an_adjustment_that_was_refused_may_be_made_later(world: DynamoInventory) -> None:
    world.stock_up({"mug": 1})
    taken = StockAdjustment(adjustment_id=UUID(int=100), quantity=-2)
    assert world.store.adjust("mug", taken) is Written.SHORT
    world.catalogue.adjust("mug", StockAdjustment(adjustment_id=UUID(int=101), quantity=1))

    assert world.store.adjust("mug", taken) is Written.DONE


def test_pages_come_from_the_index_in_the_order_of_ids(world: DynamoInventory) -> None:
    world.stock_up(dict.fromkeys(["tea", "cup", "mug"], 1))
    world.reservations.place(order_placed("o1", {"mug": 1}))

    first, cursor = world.catalogue.page(None, 2)
    second, end = world.catalogue.page(cursor, 2)

    assert [entry.product_id for entry in first + second] == ["cup", "mug", "tea"]
    assert end is None


def test_availability_is_one_request_to_the_table(world: DynamoInventory) -> None:
    world.stock_up({"mug": 5, "tea": 0})
    requests: list[str] = []
    world.dynamodb.meta.events.register(
        "before-call.dynamodb", lambda model, **event: requests.append(model.name)
    )

    question = AvailabilityQuestion((Line("mug", 5), Line("tea", 1), Line("cup", 1)))
    shortages = world.catalogue.availability(question)

    assert [shortage.product_id for shortage in shortages] == ["tea", "cup"]
    assert requests == ["BatchGetItem"]
