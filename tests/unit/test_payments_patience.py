"""When the sweeper stops: a provider that does not answer, a run that is nearly over."""

from __future__ import annotations

import time

import pytest

from common.clock import new_id
from payments.models import PaymentStatus
from payments.ports import ChargeOutcome, ChargeRequest, ProviderError
from payments.sweeping import PATIENCE, PAYMENT_SECONDS
from tests.support.logs import captured_logs
from tests.support.payments import Shop
from tests.support.payments_bank import Mood


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_a_payment_that_may_not_fit_before_the_deadline_is_left_to_the_next_run(
    shop: Shop,
) -> None:
    shop.bank.moods = [Mood.LOSES_THE_ANSWER]
    shop.happen("OrderPlaced", "StockReserved")
    shop.bank.calls.clear()

    late = shop.sweeper.sweep(time.monotonic() + PAYMENT_SECONDS - 1)
    calls = list(shop.bank.calls)
    in_time = shop.sweeper.sweep(time.monotonic() + PAYMENT_SECONDS + 60)

    assert (late.settled, calls) == (0, [])
    assert in_time.settled == 1


def test_a_deaf_provider_is_left_alone_after_a_few_payments(shop: Shop) -> None:
    for _ in range(PATIENCE + 2):
        shop.order_id = new_id()
        shop.bank.moods = [Mood.LOSES_THE_ANSWER]
        shop.happen("OrderPlaced", "StockReserved")
    shop.bank.deaf = True

    swept = shop.sweep()

    assert swept is not None
    assert (swept.settled, swept.unclear) == (0, PATIENCE)
    assert shop.bank.calls.count("find") == PATIENCE


@pytest.mark.parametrize("cancelled", [False, True])
def test_a_provider_that_answers_questions_and_no_requests_is_left_alone_too(
    shop: Shop, cancelled: bool
) -> None:
    for _ in range(PATIENCE + 2):
        shop.order_id = new_id()
        shop.bank.moods = [Mood.ANSWERS if cancelled else Mood.LOSES_THE_REQUEST]
        shop.happen("OrderPlaced", "StockReserved")
        shop.bank.moods = [Mood.LOSES_THE_REQUEST]
        shop.happen(*["OrderCancelled"] * cancelled)
    shop.bank.calls.clear()
    shop.bank.moods = [Mood.LOSES_THE_REQUEST] * PATIENCE

    swept = shop.sweep()

    assert swept is not None
    assert (swept.settled, swept.unclear) == (0, PATIENCE)
    assert shop.bank.calls.count("refund" if cancelled else "charge") == PATIENCE


def test_payments_that_fail_do_not_use_up_the_patience(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(PATIENCE + 1):
        shop.order_id = new_id()
        shop.bank.moods = [Mood.LOSES_THE_ANSWER]
        shop.happen("OrderPlaced", "StockReserved")
    healthy = list(shop.ledger.payments)[-1]
    find = shop.bank.find

    def refuse_all_but_one(request: ChargeRequest) -> ChargeOutcome | None:
        if request.order_id != healthy:
            raise ProviderError("wrong key")
        return find(request)

    monkeypatch.setattr(shop.bank, "find", refuse_all_but_one)

    swept = shop.sweep()

    assert swept is not None
    assert (swept.settled, swept.failed) == (1, PATIENCE)


def test_a_payment_that_fails_does_not_keep_the_sweeper_from_the_next(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        shop.order_id = new_id()
        shop.bank.moods = [Mood.LOSES_THE_ANSWER]
        shop.happen("OrderPlaced", "StockReserved")
    broken = next(iter(shop.ledger.payments))
    find = shop.bank.find

    def refuse_one(request: ChargeRequest) -> ChargeOutcome | None:
        if request.order_id == broken:
            raise ProviderError("wrong key")
        return find(request)

    monkeypatch.setattr(shop.bank, "find", refuse_one)

    with captured_logs() as lines:
        swept = shop.sweep()

    assert swept is not None
    assert (swept.settled, swept.failed) == (1, 1)
    assert shop.payment.status is PaymentStatus.CAPTURED
    assert [line["order_id"] for line in lines() if line["level"] == "ERROR"] == [broken]
