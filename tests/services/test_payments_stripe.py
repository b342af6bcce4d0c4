"""The Stripe adapter against Stripe's API on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from payments.ports import (
    Captured,
    ChargeRequest,
    Declined,
    ProviderError,
    RefundRequest,
    UnknownOutcomeError,
)
from payments.stripe_provider import (
    CONNECT_TIMEOUT_SECONDS,
    READ_TIMEOUT_SECONDS,
    StripeProvider,
    stripe_client,
)
from payments.sweeping import PAYMENT_SECONDS
from settings.payments import CHARGE_SECONDS
from tests.support.payments import START, Clock
from tests.support.stripe_server import FakeStripe, stripe_server

REFUND = RefundRequest(key="refund-order-1", order_id="order-1", reference="pi_1")
CREATE = "POST /v1/payment_intents"
CONFIRM = "POST /v1/payment_intents/pi_1/confirm"
CANCEL = "POST /v1/payment_intents/pi_1/cancel"
RETRIEVE = "GET /v1/payment_intents/pi_1"
GOOD_CARD = "tok_visa"
LIST = "GET /v1/payment_intents"
SEARCH = "GET /v1/payment_intents/search"


class Till:
    """The adapter, the account it charges on, and its clock."""

    def __init__(self, account: FakeStripe, address: str) -> None:
        self.account = account
        self.account.now = int(START.timestamp())
        self.clock = Clock()
        client = stripe_client("sk_test_1", api_base=address, read_timeout=1.0)
        self.stripe = StripeProvider(client, clock=self.clock)


@pytest.fixture
def till() -> Iterator[Till]:
    with stripe_server() as (account, address):
        yield Till(account, address)


def charge_of(token: str = GOOD_CARD, **changes: Any) -> ChargeRequest:
    fields: dict[str, Any] = {
        "key": "charge-order-1",
        "order_id": "order-1",
        "amount": 2500,
        "currency": "EUR",
        "payment_token": token,
        "attempt": 1,
        "started_at": START,
    }
    return ChargeRequest(**{**fields, **changes})


@pytest.mark.parametrize("token", ["tok_visa", "pm_card_visa"])
def test_a_good_card_is_charged_with_the_orders_facts(till: Till, token: str) -> None:
    assert till.stripe.charge(charge_of(token)) == Captured("pi_1")

    (intent,) = till.account.intents.values()
    assert (intent["amount"], intent["currency"]) == (2500, "eur")
    assert intent["metadata"] == {"order_id": "order-1", "charge": "charge-order-1"}
    assert till.account.requests == [CREATE, CONFIRM]


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ("tok_declined", "card_declined"),
        ("tok_stolen", "authentication_required"),
        ("tok_unknown", "unknown_token"),
        ("pm_unknown", "unknown_token"),
    ],
)
def test_a_card_that_cannot_pay_is_declined_with_its_code(
    till: Till, token: str, reason: str
) -> None:
    assert till.stripe.charge(charge_of(token)) == Declined(reason)
    assert till.stripe.charge(charge_of(token, attempt=2)) == Declined(reason)
    assert till.account.charged == 0


@pytest.mark.parametrize(
    ("terms", "reason"),
    [({"amount": 49}, "amount_too_small"), ({"currency": "XXX"}, "invalid_currency")],
)
def test_terms_that_stripe_never_takes_are_declined_with_their_code(
    till: Till, terms: dict[str, Any], reason: str
) -> None:
    assert till.stripe.charge(charge_of(**terms)) == Declined(reason)
    assert till.account.intents == {}


def test_a_whole_charge_fits_in_the_time_that_settings_ask_for() -> None:
    calls = 3 * (CONNECT_TIMEOUT_SECONDS + READ_TIMEOUT_SECONDS)

    assert calls + 10 <= CHARGE_SECONDS
    assert CHARGE_SECONDS <= PAYMENT_SECONDS


def test_the_same_charge_again_takes_no_more_money(till: Till) -> None:
    first = till.stripe.charge(charge_of())

    assert till.stripe.charge(charge_of()) == first
    assert till.stripe.charge(charge_of(attempt=2)) == first
    assert till.account.charged == 1


@pytest.mark.parametrize("fault", [500, 409, 429, "deaf"])
@pytest.mark.parametrize("before_it", [0, 1])
def test_a_charge_without_a_clear_answer_is_unknown_and_can_be_made_again(
    till: Till, fault: int | str, before_it: int
) -> None:
    till.account.faults = [*[None] * before_it, fault]

    with pytest.raises(UnknownOutcomeError):
        till.stripe.charge(charge_of())

    assert till.stripe.find(charge_of()) is None
    assert till.stripe.charge(charge_of(attempt=2)) == Captured("pi_1")
    assert till.account.charged == 1


def test_a_charge_whose_answer_is_lost_is_found_captured(till: Till) -> None:
    till.account.faults = [None, "late"]
    with pytest.raises(UnknownOutcomeError):
        till.stripe.charge(charge_of())

    assert till.stripe.find(charge_of()) == Captured("pi_1")
    assert till.account.requests == [CREATE, CONFIRM, LIST]
    assert till.account.charged == 1


@pytest.mark.parametrize("age", [timedelta(), timedelta(hours=2), timedelta(days=2)])
def test_looking_up_and_withdrawing_what_was_never_begun_creates_nothing(
    till: Till, age: timedelta
) -> None:
    till.clock.advance(age.total_seconds())

    assert till.stripe.find(charge_of()) is None
    assert till.stripe.withdraw(charge_of()) is None
    assert till.account.intents == {}


def test_a_charge_is_found_behind_the_first_page_of_the_list(till: Till) -> None:
    captured = till.stripe.charge(charge_of())
    till.stripe.charge(charge_of(key="charge-order-2"))
    till.account.page = 1

    assert till.stripe.find(charge_of()) == captured


def test_a_charge_of_today_that_the_search_does_not_know_yet_is_found(till: Till) -> None:
    till.clock.advance(timedelta(hours=2).total_seconds())
    till.account.now += int(timedelta(hours=2).total_seconds())
    captured = till.stripe.charge(charge_of(attempt=5))
    till.account.searchable = False

    assert till.stripe.find(charge_of(attempt=5)) == captured


def test_a_charge_that_stripe_still_works_on_is_unknown(till: Till) -> None:
    with pytest.raises(UnknownOutcomeError, match="processing"):
        till.stripe.charge(charge_of("tok_slow"))
    with pytest.raises(UnknownOutcomeError, match="processing"):
        till.stripe.find(charge_of("tok_slow"))


def test_a_withdrawn_charge_can_no_longer_be_made(till: Till) -> None:
    till.account.faults = [None, "deaf"]
    with pytest.raises(UnknownOutcomeError):
        till.stripe.charge(charge_of())

    assert till.stripe.withdraw(charge_of()) is None
    assert till.stripe.charge(charge_of()) == Declined("canceled")
    assert till.account.charged == 0


def test_a_charge_that_is_captured_cannot_be_withdrawn(till: Till) -> None:
    captured = till.stripe.charge(charge_of())

    assert till.stripe.withdraw(charge_of()) == captured
    assert CANCEL not in till.account.requests


def test_a_capture_between_lookup_and_withdrawal_is_told(till: Till) -> None:
    till.account.faults = [None, "deaf", None, "overtaken"]
    with pytest.raises(UnknownOutcomeError):
        till.stripe.charge(charge_of())

    assert till.stripe.withdraw(charge_of()) == Captured("pi_1")
    assert CANCEL in till.account.requests


def test_when_the_key_has_expired_the_charge_is_found_by_its_metadata(till: Till) -> None:
    till.account.faults = [None, "late"]
    with pytest.raises(UnknownOutcomeError):
        till.stripe.charge(charge_of())
    till.account.forget_keys()
    till.clock.advance(timedelta(days=2).total_seconds())

    assert till.stripe.find(charge_of()) == Captured("pi_1")
    assert till.stripe.charge(charge_of(attempt=2)) == Captured("pi_1")
    assert till.account.charged == 1
    assert SEARCH in till.account.requests


def test_when_the_key_has_expired_and_nothing_is_found_the_charge_is_made(till: Till) -> None:
    till.clock.advance(timedelta(days=2).total_seconds())

    assert till.stripe.charge(charge_of()) == Captured("pi_1")


def test_a_wrong_api_key_is_not_mistaken_for_an_outcome(till: Till) -> None:
    till.account.faults = [401, 401, 401]

    with pytest.raises(ProviderError, match="401"):
        till.stripe.charge(charge_of())
    with pytest.raises(ProviderError, match="401"):
        till.stripe.find(charge_of())
    with pytest.raises(ProviderError, match="401"):
        till.stripe.refund(REFUND)


def test_a_charge_is_refunded_once_however_often_it_is_asked(till: Till) -> None:
    till.stripe.charge(charge_of())

    assert till.stripe.refund(REFUND)
    assert till.stripe.refund(REFUND)
    till.account.forget_keys()
    assert till.stripe.refund(REFUND)

    assert [refund["amount"] for refund in till.account.refunds.values()] == [2500]


def test_a_refund_without_a_clear_answer_is_unknown_and_can_be_asked_again(till: Till) -> None:
    till.stripe.charge(charge_of())
    till.account.faults = ["late"]
    with pytest.raises(UnknownOutcomeError):
        till.stripe.refund(REFUND)

    till.stripe.refund(REFUND)

    assert len(till.account.refunds) == 1


def test_a_refund_on_its_way_is_not_done_until_it_has_arrived(till: Till) -> None:
    till.stripe.charge(charge_of())
    till.account.refund_status = "pending"

    first, second = till.stripe.refund(REFUND), till.stripe.refund(REFUND)
    till.account.forget_keys()
    third = till.stripe.refund(REFUND)
    till.account.refunds["pi_1"]["status"] = "succeeded"

    assert (first, second, third) == (False, False, False)
    assert till.stripe.refund(REFUND)


def test_a_refund_that_fails_is_for_a_person_and_done_once_they_have_made_it(till: Till) -> None:
    till.stripe.charge(charge_of())
    till.account.refund_status = "pending"
    till.stripe.refund(REFUND)
    till.account.refunds["pi_1"]["status"] = "failed"

    with pytest.raises(ProviderError, match="re_1 of order order-1 is failed"):
        till.stripe.refund(REFUND)
    till.account.refunds["pi_1"] = {"id": "re_2", "object": "refund", "status": "succeeded"}

    assert till.stripe.refund(REFUND)


def test_a_refund_of_what_stripe_does_not_know_is_for_a_person(till: Till) -> None:
    till.account.faults = [401]

    with pytest.raises(ProviderError):
        till.stripe.refund(REFUND)
