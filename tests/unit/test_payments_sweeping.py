"""What the sweeper does with what events left: unclear outcomes, dead processes, unsent events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pytest

from common.clock import new_id
from payments.models import Payment, PaymentStatus
from payments.ports import ChargeOutcome, ChargeRequest
from payments.sweeping import PATIENCE
from tests.support.payments import Shop
from tests.support.payments_bank import Mood


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_an_unclear_charge_is_looked_up_and_not_made_again(shop: Shop) -> None:
    shop.bank.moods = [Mood.LOSES_THE_ANSWER]
    shop.happen("OrderPlaced", "StockReserved")
    unclear = shop.payment.status

    swept = shop.sweep(after_seconds=0)

    assert unclear is PaymentStatus.UNKNOWN
    assert shop.payment.status is PaymentStatus.CAPTURED
    assert shop.bank.calls == ["charge", "find"]
    assert shop.money == (1, 0)
    assert swept is not None
    assert (swept.settled, swept.unclear, swept.failed) == (1, 0, 0)
    assert shop.counted["ProviderOutcomesUnknown"] == 1


def test_a_charge_that_never_reached_the_provider_is_made_again_under_the_same_key(
    shop: Shop,
) -> None:
    shop.bank.moods = [Mood.LOSES_THE_REQUEST]
    shop.happen("OrderPlaced", "StockReserved")

    shop.sweep(after_seconds=0)

    assert shop.bank.calls == ["charge", "find", "charge"]
    assert shop.payment.status is PaymentStatus.CAPTURED
    assert shop.payment.charge_attempts == 2
    assert shop.money == (1, 0)


def test_a_charge_whose_process_died_is_settled_once_its_claim_is_stale(shop: Shop) -> None:
    shop.bank.moods = [Mood.KILLS_THE_CALLER]
    placed, reserved = shop.event("OrderPlaced"), shop.event("StockReserved")
    shop.deliver(placed, reserved)
    shop.deliver(reserved)
    shop.sweep(after_seconds=1)
    fresh = shop.payment.status, list(shop.bank.calls)

    shop.sweep()

    assert fresh == (PaymentStatus.CHARGING, ["charge"])
    assert shop.payment.status is PaymentStatus.CAPTURED
    assert shop.money == (1, 0)
    assert shop.topic.told() == ["PaymentCaptured"]


def test_a_cancelled_order_with_an_unclear_charge_is_refunded_if_it_was_captured(
    shop: Shop,
) -> None:
    shop.bank.moods = [Mood.LOSES_THE_ANSWER]
    shop.happen("OrderPlaced", "StockReserved", "OrderCancelled")

    shop.sweep(after_seconds=0)

    assert shop.payment.status is PaymentStatus.REFUNDED
    assert shop.money == (1, 1)


def test_a_cancelled_order_with_an_unclear_charge_is_withdrawn_if_it_was_not(shop: Shop) -> None:
    shop.bank.moods = [Mood.LOSES_THE_REQUEST]
    shop.happen("OrderPlaced", "StockReserved", "OrderCancelled")

    shop.sweep(after_seconds=0)

    assert shop.payment.status is PaymentStatus.CANCELLED
    assert shop.bank.calls == ["charge", "withdraw"]
    assert shop.money == (0, 0)


def test_a_cancellation_between_lookup_and_new_charge_keeps_the_charge_from_being_made(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.bank.moods = [Mood.LOSES_THE_REQUEST]
    shop.happen("OrderPlaced", "StockReserved")
    find = shop.bank.find

    def cancelled_after_it(request: ChargeRequest) -> ChargeOutcome | None:
        found = find(request)
        shop.happen("OrderCancelled")
        return found

    monkeypatch.setattr(shop.bank, "find", cancelled_after_it)
    shop.sweep(after_seconds=0)
    shop.sweep(after_seconds=0)

    assert shop.payment.status is PaymentStatus.CANCELLED
    assert shop.money == (0, 0)


@pytest.mark.parametrize("mood", [Mood.LOSES_THE_ANSWER, Mood.LOSES_THE_REQUEST])
def test_an_unclear_refund_is_asked_for_again_under_the_same_key(shop: Shop, mood: Mood) -> None:
    shop.happen("OrderPlaced", "StockReserved")
    shop.bank.moods = [mood]
    shop.happen("OrderCancelled")
    unclear = shop.payment.status

    shop.sweep()

    assert unclear is PaymentStatus.REFUNDING
    assert shop.payment.status is PaymentStatus.REFUNDED
    assert shop.money == (1, 1)
    assert shop.topic.told() == ["PaymentCaptured", "PaymentRefunded"]


def test_a_refund_on_its_way_is_asked_for_until_it_has_arrived(shop: Shop) -> None:
    for _ in range(PATIENCE + 1):
        shop.order_id = new_id()
        shop.happen("OrderPlaced", "StockReserved")
        shop.bank.refunds_take_time = True
        shop.happen("OrderCancelled")

    waiting = shop.sweep()
    announced = shop.topic.told()
    shop.bank.refunds_take_time = False
    arrived = shop.sweep()

    assert waiting is not None
    assert arrived is not None
    assert (waiting.settled, waiting.unclear, waiting.failed) == (0, PATIENCE + 1, 0)
    assert "PaymentRefunded" not in announced
    assert (arrived.settled, arrived.unclear) == (PATIENCE + 1, 0)
    assert shop.payment.status is PaymentStatus.REFUNDED
    assert shop.money == (1, 1)


@pytest.mark.parametrize(
    ("facts", "asked"),
    [(["OrderPlaced", "StockReserved"], "charge"), (["OrderCancelled"], "refund")],
)
def test_what_another_process_claimed_meanwhile_is_left_to_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, facts: list[str], asked: str
) -> None:
    if asked == "refund":
        shop.happen("OrderPlaced", "StockReserved")
    shop.bank.moods = [Mood.LOSES_THE_REQUEST] * 2
    shop.happen(*facts)
    unsettled = shop.ledger.unsettled

    def claimed_after_it(stale_before: datetime, limit: int) -> Sequence[Payment]:
        observed = unsettled(stale_before, limit)
        monkeypatch.setattr(shop.ledger, "unsettled", unsettled)
        shop.sweep(after_seconds=0)
        return observed

    monkeypatch.setattr(shop.ledger, "unsettled", claimed_after_it)
    shop.bank.calls.clear()

    shop.sweep()

    assert shop.bank.calls.count(asked) == 1


def test_an_event_that_the_topic_refuses_is_published_by_the_sweeper(shop: Shop) -> None:
    shop.topic.down = True
    shop.happen("OrderPlaced", "StockReserved")
    refused = shop.sweep()
    shop.topic.down = False

    swept = shop.sweep()

    assert refused is not None
    assert swept is not None
    assert (refused.published, refused.unpublished) == (0, 1)
    assert (swept.published, swept.unpublished) == (1, 0)
    assert 0 < refused.oldest_seconds < swept.oldest_seconds
    assert shop.topic.told() == ["PaymentCaptured"]
    assert shop.payment.status is PaymentStatus.CAPTURED


def test_an_event_is_left_to_the_process_that_made_it_for_a_while(shop: Shop) -> None:
    shop.topic.down = True
    shop.happen("OrderPlaced", "StockReserved")
    shop.topic.down = False

    swept = shop.sweep(after_seconds=1)

    assert swept is not None
    assert (swept.published, swept.oldest_seconds) == (0, 0)


def test_published_events_are_forgotten_after_their_time(shop: Shop) -> None:
    shop.happen("OrderPlaced", "StockReserved")
    early = shop.sweep(after_seconds=29 * 86400)

    late = shop.sweep(after_seconds=2 * 86400)

    assert early is not None
    assert late is not None
    assert (early.forgotten, late.forgotten) == (0, 1)
