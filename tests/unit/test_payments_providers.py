"""The sandbox, whose tokens decide, and orders that cost nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from payments.free import FreeOfCharge
from payments.ports import (
    Captured,
    ChargeOutcome,
    ChargeRequest,
    Declined,
    RefundRequest,
    UnknownOutcomeError,
)
from payments.sandbox import SandboxProvider
from tests.support.payments import START
from tests.support.payments_bank import Bank

CAPTURED = Captured("sandbox-charge-order-1")
CARD_DECLINED = Declined("card_declined")
UNKNOWN_TOKEN = Declined("unknown_token")


def charge_of(token: str, **changes: Any) -> ChargeRequest:
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


@pytest.mark.parametrize(
    ("token", "outcome"),
    [
        ("tok_approved", CAPTURED),
        ("tok_approved_visa", CAPTURED),
        ("tok_declined", CARD_DECLINED),
        ("tok_declined_funds", CARD_DECLINED),
        ("tok_something", UNKNOWN_TOKEN),
        ("pm_approved", UNKNOWN_TOKEN),
        ("", UNKNOWN_TOKEN),
    ],
)
def test_the_sandbox_answers_as_the_token_says(token: str, outcome: ChargeOutcome) -> None:
    sandbox = SandboxProvider()

    assert sandbox.charge(charge_of(token)) == outcome
    assert sandbox.find(charge_of(token)) == outcome
    assert sandbox.withdraw(charge_of(token)) == outcome


def test_the_sandbox_captures_a_timeout_without_saying_so() -> None:
    sandbox = SandboxProvider()

    with pytest.raises(UnknownOutcomeError):
        sandbox.charge(charge_of("tok_timeout"))

    assert sandbox.find(charge_of("tok_timeout")) == CAPTURED
    assert sandbox.withdraw(charge_of("tok_timeout")) == CAPTURED


def test_the_sandbox_loses_a_first_charge_and_captures_the_second() -> None:
    sandbox = SandboxProvider()

    with pytest.raises(UnknownOutcomeError):
        sandbox.charge(charge_of("tok_lost"))

    assert sandbox.find(charge_of("tok_lost")) is None
    assert sandbox.withdraw(charge_of("tok_lost")) is None
    assert sandbox.charge(charge_of("tok_lost", attempt=2)) == CAPTURED
    assert sandbox.find(charge_of("tok_lost", attempt=2)) == CAPTURED


def test_an_order_that_costs_nothing_is_captured_and_refunded_without_a_provider() -> None:
    bank = Bank()
    provider = FreeOfCharge(bank)
    request = charge_of("tok_approved", amount=0)

    outcome = provider.charge(request)
    assert isinstance(outcome, Captured)
    assert provider.find(request) == outcome
    assert provider.withdraw(request) == outcome
    provider.refund(RefundRequest(key="refund-order-1", order_id="order-1", reference="free-1"))
    provider.refund(
        RefundRequest(key="refund-order-1", order_id="order-1", reference=outcome.reference)
    )

    assert bank.calls == []


def test_an_order_that_costs_something_reaches_the_provider() -> None:
    bank = Bank()
    provider = FreeOfCharge(bank)
    request = charge_of("tok_approved", amount=1, started_at=START + timedelta(days=1))

    outcome = provider.charge(request)
    assert isinstance(outcome, Captured)
    assert provider.find(request) == outcome
    assert provider.withdraw(request) == outcome
    provider.refund(
        RefundRequest(key="refund-order-1", order_id="order-1", reference=outcome.reference)
    )

    assert bank.calls == ["charge", "find", "withdraw", "refund"]
