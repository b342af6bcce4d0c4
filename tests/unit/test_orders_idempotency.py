"""The idempotency key of placing an order: repeated, misused, in flight, and after a crash."""

from __future__ import annotations

import msgspec
import pytest

from common.errors import ConflictError, InvalidError, UnavailableError
from orders.models import Answer
from orders.placing import CLAIM_SECONDS, KEY_HOURS, Placed
from tests.support.order_placing import LINES, Shop
from tests.support.orders import MUG
from tests.support.payloads import OTHER_CUSTOMER


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_the_same_key_and_body_give_the_same_answer_and_one_order(shop: Shop) -> None:
    first = shop.place()
    shop.inquiry.answer = None
    shop.store.save_product(msgspec.structs.replace(MUG, unit_price=9999, revision=2))

    again = shop.place()

    assert again == Placed(order_id=first.order_id, answer=first.answer, replayed=True)
    assert len(shop.store.orders) == 1
    assert shop.store.told() == ["OrderPlaced"]
    assert shop.counted == {"OrdersPlaced": 1}


def test_the_same_key_with_another_body_is_refused(shop: Shop) -> None:
    shop.place()

    with pytest.raises(InvalidError, match="used with another body"):
        shop.place(payment_token="tok_other")  # noqa: S106 - a sandbox's token

    assert len(shop.store.orders) == 1


def test_a_key_in_flight_is_refused_whatever_the_second_request_does_next(shop: Shop) -> None:
    refused = []

    def meanwhile() -> None:
        with pytest.raises(ConflictError) as conflict:
            shop.place()
        refused.append(conflict.value.detail)
        with pytest.raises(InvalidError):
            shop.place(lines=LINES)

    shop.store.interruptions.append(meanwhile)
    placed = shop.place()

    assert "is at work" in refused[0]
    assert list(shop.store.orders) == [placed.order_id]


def test_a_key_belongs_to_one_customer(shop: Shop) -> None:
    first = shop.place()
    other = shop.place(customer_id=OTHER_CUSTOMER, lines=LINES)

    assert first.order_id != other.order_id
    assert not other.replayed


def test_the_claim_of_a_request_that_died_blocks_for_a_minute(shop: Shop) -> None:
    shop.crash()
    shop.clock.advance(CLAIM_SECONDS - 1)

    with pytest.raises(ConflictError):
        shop.place()


def test_later_the_claim_is_taken_over_for_the_order_that_was_chosen(shop: Shop) -> None:
    chosen = shop.crash()
    shop.clock.advance(CLAIM_SECONDS)

    placed = shop.place()

    assert (placed.order_id, placed.replayed) == (chosen, False)
    assert list(shop.store.orders) == [chosen]
    assert shop.place().replayed


@pytest.mark.parametrize("lost", ["claim", "take_over"])
def test_a_claim_whose_answer_was_lost_is_the_requests_own(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    if lost == "take_over":
        shop.crash()
        shop.clock.advance(CLAIM_SECONDS)
    write = getattr(shop.store, lost)

    def written_twice(*details: object) -> bool:
        return bool(write(*details)) and bool(write(*details))

    monkeypatch.setattr(shop.store, lost, written_twice)

    placed = shop.place()

    assert not placed.replayed
    assert list(shop.store.orders) == [placed.order_id]


def test_a_claim_that_died_still_refuses_another_body(shop: Shop) -> None:
    shop.crash()
    shop.clock.advance(CLAIM_SECONDS)

    with pytest.raises(InvalidError, match="used with another body"):
        shop.place(lines=LINES)


def test_a_request_that_lost_its_claim_answers_as_the_one_that_took_it(shop: Shop) -> None:
    taken: list[Placed] = []

    def sleep_through_a_take_over() -> None:
        shop.clock.advance(CLAIM_SECONDS)
        taken.append(shop.place())

    shop.store.interruptions.append(sleep_through_a_take_over)
    late = shop.place()

    assert late == Placed(order_id=taken[0].order_id, answer=taken[0].answer, replayed=True)
    assert len(shop.store.orders) == 1
    assert shop.store.told() == ["OrderPlaced"]


def test_a_request_that_lost_its_claim_to_one_at_work_is_refused(shop: Shop) -> None:
    def lose_the_claim() -> None:
        ((place, claim),) = shop.store.claims.items()
        shop.store.claims[place] = msgspec.structs.replace(claim, token="another")  # noqa: S106 - a claim's

    shop.store.interruptions.append(lose_the_claim)

    with pytest.raises(ConflictError, match="is at work"):
        shop.place()

    assert len(shop.store.claims) == 1
    assert shop.store.orders == {}


def test_a_refused_request_gives_its_key_back(shop: Shop) -> None:
    with pytest.raises(InvalidError):
        shop.place(lines=[{"product_id": "ghost", "quantity": 1}])

    assert shop.store.claims == {}
    assert shop.place().answer.status == 201


def test_a_store_that_fails_gives_the_key_back_where_it_still_can(shop: Shop) -> None:
    def fail() -> None:
        raise UnavailableError("the store does not answer")

    shop.store.interruptions.append(fail)
    with pytest.raises(UnavailableError):
        shop.place()

    assert not shop.place().replayed
    assert len(shop.store.orders) == 1


def test_a_claim_that_cannot_be_given_back_does_not_hide_the_first_failure(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(claim: object) -> None:
        raise UnavailableError("the store does not answer")

    monkeypatch.setattr(shop.store, "release", fail)

    with pytest.raises(InvalidError, match="cannot be bought"):
        shop.place(lines=[{"product_id": "ghost", "quantity": 1}])


def test_a_key_is_forgotten_after_a_day(shop: Shop) -> None:
    first = shop.place()
    shop.clock.advance(KEY_HOURS * 3600)

    second = shop.place()

    assert (second.replayed, second.order_id != first.order_id) == (False, True)


def test_a_claim_released_between_two_looks_is_taken(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([False, True])
    claim = shop.store.claim
    monkeypatch.setattr(
        shop.store, "claim", lambda wanted, now: next(answers) and claim(wanted, now)
    )

    assert shop.place().answer.status == 201


def test_two_takers_over_of_one_dead_claim_make_one_order(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.crash()
    shop.clock.advance(CLAIM_SECONDS)
    take_over, taken = shop.store.take_over, list[Placed]()

    def beaten(claim: object, token: str) -> bool:
        monkeypatch.setattr(shop.store, "take_over", take_over)
        taken.append(shop.place())
        return False

    monkeypatch.setattr(shop.store, "take_over", beaten)
    late = shop.place()

    assert late == Placed(order_id=taken[0].order_id, answer=taken[0].answer, replayed=True)
    assert len(shop.store.orders) == 1


def test_the_kept_answer_is_the_one_given(shop: Shop) -> None:
    placed = shop.place()

    (claim,) = shop.store.claims.values()
    assert claim.answer == Answer(status=201, body=placed.answer.body)
    assert "tok_" not in placed.answer.body


def test_a_key_that_never_stands_still_is_refused(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shop.store, "claim", lambda wanted, now: False)

    with pytest.raises(ConflictError, match="is at work"):
        shop.place()
