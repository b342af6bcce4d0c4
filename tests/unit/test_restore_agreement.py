"""Orders and payments at one instant: what agrees, what waits, and what may not be."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from orders.models import OrderStatus
from payments.models import PaymentStatus
from tools.restore.agreement import ALLOWED, BOUND, NOTHING, compare
from tools.restore.books import Books, News, OrderRow, PaymentRow
from tools.restore.drill import strangers
from tools.restore.report import report
from tools.restore.traffic import Placed

T = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
ORDER = OrderRow(
    order_id="o1",
    status="CONFIRMED",
    total=1250,
    currency="EUR",
    created_at=T - timedelta(seconds=9),
    moved_at=T - timedelta(seconds=8),
    captures=("p1",),
)
PAYMENT = PaymentRow(
    order_id="o1",
    payment_id="p1",
    status="CAPTURED",
    amount=1250,
    currency="EUR",
    updated_at=T - timedelta(seconds=8),
)
TOLD = News(event_id="e1", type="PaymentCaptured", order_id="o1", published=False, amount=1250)
OPEN = replace(ORDER, status="RESERVED", captures=())
SETTLED = Books(orders=(ORDER,), payments=(PAYMENT,), orders_outbox=(), payments_outbox=())
CAPTURED = replace(SETTLED, orders=(OPEN,), payments_outbox=(TOLD,))


def violations(books: Books) -> tuple[str, ...]:
    return compare(books, T).violations


def test_a_confirmed_order_and_its_captured_payment_agree() -> None:
    found = compare(SETTLED, T)

    assert (found.violations, found.waiting) == ((), ())
    assert (found.confirmed, found.captured) == ({"EUR": 1250}, {"EUR": 1250})


def test_a_capture_that_orders_has_yet_to_hear_of_waits_in_the_outbox() -> None:
    found = compare(CAPTURED, T)

    assert found.violations == ()
    assert [(wait.order_id, wait.pair, wait.seconds) for wait in found.waiting] == [
        ("o1", "RESERVED with CAPTURED", 8.0)
    ]
    assert found.unpublished == {"orders": 0, "payments": 1}


@pytest.mark.parametrize(
    ("books", "said"),
    [
        (replace(SETTLED, payments=()), "CONFIRMED with no payment: the saga knows no such pair"),
        (replace(SETTLED, orders=()), "which does not exist"),
        (replace(SETTLED, payments=(PAYMENT, PAYMENT)), "has 2 payments, must be one"),
        (
            replace(SETTLED, payments=(replace(PAYMENT, amount=1251),)),
            "is of 1250 EUR, its payment of 1251 EUR",
        ),
        (
            replace(SETTLED, payments=(replace(PAYMENT, currency="USD"),)),
            "is of 1250 EUR, its payment of 1250 USD",
        ),
        (replace(SETTLED, payments=(replace(PAYMENT, payment_id="p2"),)), "has payment p2"),
        (replace(SETTLED, orders=(replace(ORDER, captures=()),)), "heard of 0 captures"),
        (replace(SETTLED, payments=(replace(PAYMENT, status="DECLINED"),)), "no such pair"),
        (replace(SETTLED, orders=(replace(ORDER, refunded=True),)), "its payment is not"),
        (
            replace(
                SETTLED,
                orders=(replace(ORDER, status="CANCELLED", cancel_reason="payment_declined"),),
            ),
            "its payment was not declined",
        ),
        (replace(CAPTURED, payments_outbox=()), "nobody will hear"),
        (
            replace(
                CAPTURED,
                orders=(replace(OPEN, moved_at=T - BOUND * 2),),
                payments=(replace(PAYMENT, updated_at=T - BOUND * 2),),
            ),
            "for 120 s, at most 60 s are explained",
        ),
        (
            replace(SETTLED, payments_outbox=(replace(TOLD, amount=1),)),
            "tells of 1, the payment of 1250",
        ),
        (
            replace(SETTLED, payments_outbox=(replace(TOLD, order_id="o2"),)),
            "tells of a payment that does not exist",
        ),
        (
            replace(
                CAPTURED, payments=(replace(PAYMENT, status="CHARGING"),), payments_outbox=(TOLD,)
            ),
            "tells of money, and the payment is CHARGING",
        ),
        (
            replace(SETTLED, orders_outbox=(replace(TOLD, type="OrderConfirmed", order_id="o2"),)),
            "tells of order o2, which does not exist",
        ),
        (
            replace(SETTLED, orders_outbox=(replace(TOLD, type="OrderConfirmed", amount=7),)),
            "tells of 7, its order of 1250",
        ),
    ],
)
def test_what_the_saga_does_not_explain_is_a_violation(books: Books, said: str) -> None:
    assert any(said in text for text in violations(books)), violations(books)


def test_a_refund_may_take_as_long_as_the_provider_needs() -> None:
    order = replace(ORDER, status="CANCELLED", moved_at=T - timedelta(days=3))
    payment = replace(PAYMENT, status="REFUNDING", updated_at=T - timedelta(days=3))

    assert violations(replace(SETTLED, orders=(order,), payments=(payment,))) == ()


def test_a_refund_that_orders_has_yet_to_hear_of_is_told_by_the_outbox() -> None:
    order = replace(ORDER, status="CANCELLED")
    books = replace(SETTLED, orders=(order,), payments=(replace(PAYMENT, status="REFUNDED"),))
    told = replace(TOLD, type="PaymentRefunded")

    assert any("nobody will hear" in text for text in violations(books))
    assert violations(replace(books, payments_outbox=(told,))) == ()


def test_the_table_speaks_of_statuses_that_there_are() -> None:
    assert {order for order, _ in ALLOWED} == set(OrderStatus)
    assert {payment for _, payment in ALLOWED} == {*PaymentStatus, NOTHING}


def test_an_order_missing_or_too_late_is_named() -> None:
    before = Placed("o1", T - timedelta(seconds=2), T - timedelta(seconds=1))
    between = Placed("o2", T - timedelta(seconds=1), T + timedelta(seconds=1))
    after = Placed("o3", T, T + timedelta(seconds=1))
    placed = [before, between, after]

    assert list(strangers(placed, {"o1"}, T)) == []
    assert list(strangers(placed, {"o1", "o2"}, T)) == []
    assert [text.split()[1] for text in strangers(placed, {"o3"}, T)] == ["o1", "o3"]


def test_the_last_line_is_the_verdict() -> None:
    agreed = list(report(T, compare(SETTLED, T), []))
    broken = list(report(T, compare(replace(SETTLED, payments=()), T), ["order o9 is missing"]))

    assert agreed[0] == "T          2026-11-25T08:00:00Z"
    assert agreed[-1].startswith("verdict    pass, 0 violations")
    assert broken[-1].startswith("verdict    fail, 2 violations")
