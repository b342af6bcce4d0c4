"""The conditions under which orders' store writes, each alone, on emulated AWS."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import msgspec
import pytest

from common.clock import new_id, timestamp
from common.events import new_event
from orders.events import OrderConfirmed
from orders.models import Answer, Claim, Order, OrderStatus, Product, Step
from orders.ports import Change, Position, Written
from orders.store import DynamoOrderStore
from tests.support.orders import ELSEWHERE, MUG, START, order
from tests.support.orders_dynamo import OrdersShop, orders_shop
from tests.support.payloads import CUSTOMER, OTHER_CUSTOMER

EVENT = new_event(OrderConfirmed(total=2500, currency="EUR"), occurred_at=START, correlation_id="c")
ANSWER = Answer(status=201, body="{}")


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[OrdersShop]:
    with orders_shop(monkeypatch) as running:
        yield running


@pytest.fixture
def store(shop: OrdersShop) -> DynamoOrderStore:
    return shop.store


def _step(name: str = "StockReserved") -> Step:
    return Step(event_id=new_id(), step=name, at=timestamp(START), detail={"list": [1, None]})


def _claim(**changes: object) -> Claim:
    claim = Claim(
        customer_id=CUSTOMER,
        key_digest="digest",
        body_digest="body",
        order_id=new_id(),
        token=new_id(),
        claimed_until=timestamp(START + timedelta(seconds=60)),
        expires_at=int(START.timestamp()) + 3600,
    )
    return msgspec.structs.replace(claim, **changes)


def _complete(claim: Claim) -> Claim:
    return msgspec.structs.replace(claim, answer=ANSWER)


def _reserved(placed: Order, step: Step | None = None) -> Change:
    after = msgspec.structs.replace(placed, status=OrderStatus.RESERVED)
    return Change(before=placed, after=after, steps=(step or _step(),), events=(EVENT,))


def test_an_order_is_read_as_it_was_placed(store: DynamoOrderStore) -> None:
    placed, claim, step = order(), _claim(), _step()
    store.claim(claim, START)

    assert store.place(placed, step, EVENT, _complete(claim))

    assert store.order(placed.order_id) == placed
    assert store.history(placed.order_id) == (placed, [step])
    assert store.claim_like(claim) == _complete(claim)


def test_an_order_id_is_placed_once(shop: OrdersShop, store: DynamoOrderStore) -> None:
    placed = shop.stale()
    claim = _claim()
    store.claim(claim, START)

    assert not store.place(placed, _step(), EVENT, _complete(claim))

    assert store.claim_like(claim) == claim
    assert shop.told() == []


def test_an_order_is_placed_only_under_its_own_open_claim(
    shop: OrdersShop, store: DynamoOrderStore
) -> None:
    claim = _claim()
    assert not store.place(order(), _step(), EVENT, _complete(claim))
    store.claim(_claim(token="another"), START)  # noqa: S106 - a claim's
    assert not store.place(order(), _step(), EVENT, _complete(claim))

    assert shop.items("ORDER#") == []
    assert shop.told() == []


def test_a_complete_claim_is_not_completed_again(store: DynamoOrderStore) -> None:
    claim = _claim()
    store.claim(claim, START)
    store.place(order(), _step(), EVENT, _complete(claim))

    assert not store.place(order(), _step(), EVENT, _complete(claim))


def test_a_key_is_claimed_once_until_it_expires(store: DynamoOrderStore) -> None:
    first, second = _claim(), _claim()

    assert store.claim(first, START)
    assert not store.claim(second, START + timedelta(seconds=3599))
    assert store.claim_like(second) == first
    assert store.claim(second, START + timedelta(seconds=3600))
    assert store.claim_like(first) == second


def test_a_claim_is_taken_over_from_the_holder_that_was_seen(store: DynamoOrderStore) -> None:
    first, second, third = _claim(), _claim(), _claim()
    store.claim(first, START)

    assert store.take_over(second, first.token)
    assert not store.take_over(third, first.token)
    assert store.claim_like(first) == second


def test_a_complete_claim_is_neither_taken_over_nor_released(store: DynamoOrderStore) -> None:
    claim = _claim()
    store.claim(claim, START)
    store.place(order(), _step(), EVENT, _complete(claim))

    assert not store.take_over(_claim(), claim.token)
    store.release(claim)

    assert store.claim_like(claim) == _complete(claim)


def test_a_claim_is_released_by_its_holder_alone(store: DynamoOrderStore) -> None:
    claim = _claim()
    store.claim(claim, START)

    store.release(_claim())
    assert store.claim_like(claim) == claim
    store.release(claim)
    assert store.claim_like(claim) is None


def test_a_change_writes_order_steps_and_events(shop: OrdersShop, store: DynamoOrderStore) -> None:
    placed = shop.stale()
    change = _reserved(placed)

    assert store.apply(change) is Written.DONE

    assert store.history(placed.order_id) == (change.after, list(change.steps))
    assert shop.events() == [EVENT]


def test_a_change_whose_step_is_there_writes_nothing(
    shop: OrdersShop, store: DynamoOrderStore
) -> None:
    placed, step = shop.stale(), _step()
    recorded = Change(before=placed, after=placed, steps=(step,))
    assert store.apply(recorded) is Written.DONE

    assert store.apply(recorded) is Written.SEEN
    assert store.apply(_reserved(placed, step)) is Written.SEEN

    assert store.history(placed.order_id) == (placed, [step])
    assert shop.told() == []


def test_a_change_of_a_status_that_passed_writes_nothing(
    shop: OrdersShop, store: DynamoOrderStore
) -> None:
    placed = shop.stale()
    confirmed = msgspec.structs.replace(placed, status=OrderStatus.CONFIRMED)
    store.apply(Change(before=placed, after=confirmed, steps=(_step(),)))

    assert store.apply(_reserved(placed)) is Written.LOST

    assert store.order(placed.order_id) == confirmed
    assert shop.told() == []


def test_a_change_of_an_address_that_passed_writes_nothing(
    shop: OrdersShop, store: DynamoOrderStore
) -> None:
    placed = shop.stale()
    moved = msgspec.structs.replace(placed, shipping_address=ELSEWHERE)
    assert store.apply(Change(before=placed, after=moved, steps=(_step(),))) is Written.DONE

    assert store.apply(_reserved(placed)) is Written.LOST
    assert store.apply(_reserved(moved)) is Written.DONE

    assert shop.told() == ["OrderConfirmed"]


def test_only_what_a_change_changes_is_written(shop: OrdersShop, store: DynamoOrderStore) -> None:
    placed = shop.stale()
    refunded = msgspec.structs.replace(placed, refunded=True)
    store.apply(Change(before=placed, after=refunded, steps=(_step(),)))

    store.apply(_reserved(placed))

    found = store.order(placed.order_id)
    assert found is not None
    assert (found.status, found.refunded) == (OrderStatus.RESERVED, True)


def test_an_order_that_is_not_there_has_no_history(store: DynamoOrderStore) -> None:
    assert store.order(new_id()) is None
    assert store.history(new_id()) is None


@pytest.mark.parametrize(
    ("status", "waits"), [("RESERVED", True), ("CONFIRMED", False), ("REJECTED", False)]
)
def test_an_order_is_in_the_index_of_deadlines_while_it_is_open(
    shop: OrdersShop, store: DynamoOrderStore, status: str, waits: bool
) -> None:
    placed = shop.stale()
    moved = msgspec.structs.replace(placed, status=OrderStatus(status))

    store.apply(Change(before=placed, after=moved, steps=(_step(),)))

    assert store.overdue(placed.deadline_at, 10) == ([placed.order_id] if waits else [])


def test_the_longest_overdue_come_first_and_not_too_many(
    shop: OrdersShop, store: DynamoOrderStore
) -> None:
    at = [f"2026-11-24T03:{minute:02}:00.000Z" for minute in (3, 1, 2, 4)]
    placed = {moment: shop.stale(deadline_at=moment).order_id for moment in at}

    assert store.overdue(at[0], 2) == [placed[at[1]], placed[at[2]]]
    assert store.overdue(at[0], 10) == [placed[at[1]], placed[at[2]], placed[at[0]]]


def test_pages_neither_repeat_nor_skip_orders_of_one_moment(
    shop: OrdersShop, store: DynamoOrderStore
) -> None:
    placed = {shop.stale().order_id for _ in range(5)}
    shop.stale(customer_id=OTHER_CUSTOMER)
    seen: list[str] = []
    after: Position | None = None
    for more in (True, True, False):
        page, rest = store.orders_of(CUSTOMER, after, 2)
        seen.extend(each.order_id for each in page)
        after = Position(created_at=page[-1].created_at, order_id=page[-1].order_id)
        assert rest is more

    assert len(seen) == 5
    assert set(seen) == placed


def test_a_cursor_cannot_lead_into_another_customers_list(
    shop: OrdersShop, store: DynamoOrderStore
) -> None:
    theirs = shop.stale(customer_id=OTHER_CUSTOMER)
    shop.stale(customer_id=OTHER_CUSTOMER)
    place = Position(created_at=theirs.created_at, order_id=theirs.order_id)

    assert store.orders_of(CUSTOMER, place, 10) == ([], False)


def test_only_orders_are_in_a_customers_list(shop: OrdersShop, store: DynamoOrderStore) -> None:
    shop.place()
    shop.stale()

    index = shop.dynamodb.scan(TableName="orders", IndexName="by_customer")["Items"]

    assert [item["kind"]["S"] for item in index] == ["order", "order"]


@pytest.mark.parametrize(("revision", "price"), [(1, 1250), (2, 1250), (3, 1400)])
def test_a_product_is_replaced_by_a_later_revision_only(
    store: DynamoOrderStore, revision: int, price: int
) -> None:
    store.save_product(msgspec.structs.replace(MUG, revision=2))
    news = Product(
        product_id="mug", unit_price=1400, currency="EUR", active=True, revision=revision
    )

    assert store.save_product(news) is (revision == 3)
    assert store.products(["mug"])["mug"].unit_price == price
