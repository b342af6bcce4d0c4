"""What customers read."""

from __future__ import annotations

import msgspec
import pytest

from common.text import money
from notifications.templates import TEMPLATES
from tests.support.notifications import CONSUMED, ORDER, consumed_event
from tests.support.payloads import CUSTOMER


@pytest.mark.parametrize(
    ("minor_units", "currency", "text"),
    [
        (1250, "EUR", "12.50 EUR"),
        (5, "USD", "0.05 USD"),
        (0, "GBP", "0.00 GBP"),
        (1250, "JPY", "1250 JPY"),
        (1250, "KWD", "1.250 KWD"),
        (7, "BHD", "0.007 BHD"),
        (-1250, "EUR", "-12.50 EUR"),
        (-5, "EUR", "-0.05 EUR"),
        (1_000_000_000_001, "EUR", "10000000000.01 EUR"),
    ],
)
def test_an_amount_is_written_in_its_currency_s_own_unit(
    minor_units: int, currency: str, text: str
) -> None:
    assert money(minor_units, currency) == text


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("OrderPlaced", "has arrived: 25.00 EUR. We tell you when it is confirmed."),
        ("OrderConfirmed", "is confirmed and paid: 25.00 EUR."),
        ("OrderCancelled", "is cancelled, as you asked."),
        ("StockRejected", "cannot be delivered: too few left of mug. You pay nothing."),
        ("PaymentDeclined", "could not be paid: the payment was declined."),
        ("PaymentRefunded", "is refunded: 25.00 EUR."),
    ],
)
def test_each_event_has_its_sentence(kind: str, told: str) -> None:
    assert TEMPLATES[kind].render(consumed_event(kind)) == f"Your order {ORDER} {told}"


def test_no_event_goes_without_a_sentence() -> None:
    assert set(TEMPLATES) == set(CONSUMED)


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("payment_declined", "is cancelled, because its payment was declined."),
        ("deadline", "is cancelled, because it could not be completed in time."),
        ("reservation_expired", "is cancelled, because its items could not be held any longer."),
        ("a reason of the next version", "is cancelled."),
    ],
)
def test_a_cancellation_says_why_when_the_reason_is_known(reason: str, told: str) -> None:
    event = consumed_event("OrderCancelled", data={"reason": reason})
    assert TEMPLATES["OrderCancelled"].render(event).endswith(told)


@pytest.mark.parametrize(
    ("lacking", "told"),
    [
        ([], "too few items left"),
        (["mug", "lamp"], "too few left of mug and 1 more"),
        ([f"product-{number}" for number in range(25)], "too few left of product-0 and 24 more"),
    ],
)
def test_a_rejection_stays_short_however_much_is_lacking(lacking: list[str], told: str) -> None:
    data = {"shortages": [{"product_id": product} for product in lacking]}
    text = TEMPLATES["StockRejected"].render(consumed_event("StockRejected", data=data))
    assert told in text


@pytest.mark.parametrize("kind", CONSUMED)
def test_a_text_fits_one_sms_and_tells_nothing_of_the_customer(kind: str) -> None:
    text = TEMPLATES[kind].render(consumed_event(kind))
    assert len(text) <= 160
    assert text.isascii()
    assert CUSTOMER not in text
    assert "card_declined" not in text
    assert "tok_1" not in text


def test_data_that_breaks_the_contract_is_an_error() -> None:
    event = consumed_event("OrderConfirmed", data={"total": "2500", "currency": "EUR"})
    with pytest.raises(msgspec.ValidationError, match="Expected `int`"):
        TEMPLATES["OrderConfirmed"].render(event)
