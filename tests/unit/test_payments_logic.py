"""What events do to a payment, and what customers see of it."""

from __future__ import annotations

import msgspec
import pytest

from common.errors import NotFoundError
from payments.logic import read_payment
from payments.models import Payment, PaymentStatus
from tests.support.payloads import CUSTOMER, OTHER_CUSTOMER
from tests.support.payments import Shop, shop_event


@pytest.fixture
def shop() -> Shop:
    return Shop()


BOTH_ORDERS = pytest.mark.parametrize(
    "facts", [("OrderPlaced", "StockReserved"), ("StockReserved", "OrderPlaced")]
)


@BOTH_ORDERS
def test_an_order_is_charged_when_terms_and_stock_are_known(
    shop: Shop, facts: tuple[str, str]
) -> None:
    shop.happen(facts[0])
    waiting = shop.payment.status, shop.money

    shop.happen(facts[1])

    assert waiting == (PaymentStatus.PENDING, (0, 0))
    assert shop.payment.status is PaymentStatus.CAPTURED
    assert shop.money == (1, 0)
    assert shop.topic.told() == ["PaymentCaptured"]
    assert shop.counted == {"PaymentsCaptured": 1}
    assert shop.measured.of("MoneyCaptured") == [(2500, {"currency": "EUR"})]
    assert shop.measured.of("MoneyRefunded") == []


def test_a_capture_is_announced_with_the_orders_facts(shop: Shop) -> None:
    shop.happen("OrderPlaced", "StockReserved")

    (announcement,) = shop.topic.accepted
    event = announcement.event
    assert (event.order_id, event.customer_id) == (shop.order_id, CUSTOMER)
    assert event.correlation_id == "correlation-of-StockReserved"
    assert bytes(event.data) == (
        f'{{"payment_id":"{shop.payment.payment_id}","amount":2500,"currency":"EUR"}}'.encode()
    )


def test_a_refused_card_declines_the_payment_with_its_code(shop: Shop) -> None:
    shop.happen("OrderPlaced", "StockReserved", payment_token="tok_declined")  # noqa: S106 - no secret

    assert shop.payment.status is PaymentStatus.DECLINED
    assert shop.payment.decline_reason == "card_declined"
    assert shop.topic.told() == ["PaymentDeclined"]
    assert b'"reason":"card_declined"' in bytes(shop.topic.accepted[0].event.data)


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        *((("OrderPlaced", "StockReserved", "OrderCancelled"), at) for at in range(3)),
        (("OrderPlaced", "StockRejected"), 1),
        (("StockRejected", "OrderPlaced"), 0),
    ],
)
def test_an_event_that_is_delivered_again_changes_nothing(
    shop: Shop, facts: tuple[str, ...], kind: int
) -> None:
    events = [shop.event(name) for name in facts]
    shop.deliver(*events)
    before = shop.payment, shop.money, shop.topic.told()

    shop.deliver(events[kind])

    assert (shop.payment, shop.money, shop.topic.told()) == before


def test_the_first_terms_of_an_order_stay(shop: Shop) -> None:
    shop.happen("OrderPlaced", total=2500)
    shop.happen("OrderPlaced", "StockReserved", total=1)

    assert shop.payment.agreed.amount == 2500
    assert shop.money == (1, 0)


@pytest.mark.parametrize(
    "facts", [("OrderPlaced", "StockRejected"), ("StockRejected", "OrderPlaced")]
)
def test_an_order_whose_stock_is_rejected_is_never_charged(
    shop: Shop, facts: tuple[str, str]
) -> None:
    shop.happen(*facts)
    shop.sweep()

    assert shop.payment.status is PaymentStatus.CANCELLED
    assert shop.bank.calls == []
    assert shop.topic.told() == []


@pytest.mark.parametrize("before", [(), ("OrderPlaced",), ("StockReserved",)])
def test_an_order_that_is_cancelled_before_the_charge_is_never_charged(
    shop: Shop, before: tuple[str, ...]
) -> None:
    shop.happen(*before, "OrderCancelled", "StockReserved", "OrderPlaced")
    shop.sweep()

    assert shop.payment.status is PaymentStatus.CANCELLED
    assert shop.bank.calls == []
    assert shop.topic.told() == []


def test_an_order_that_is_cancelled_after_the_capture_is_refunded_once(shop: Shop) -> None:
    shop.happen("OrderPlaced", "StockReserved", "OrderCancelled", "OrderCancelled")

    assert shop.payment.status is PaymentStatus.REFUNDED
    assert shop.payment.refunded_at is not None
    assert shop.measured.of("MoneyRefunded") == [(2500, {"currency": "EUR"})]
    assert shop.money == (1, 1)
    assert shop.topic.told() == ["PaymentCaptured", "PaymentRefunded"]


def test_an_order_that_is_cancelled_while_it_is_charged_is_refunded_once_captured(
    shop: Shop,
) -> None:
    shop.bank.meanwhile = lambda: shop.happen("OrderCancelled")

    shop.happen("OrderPlaced", "StockReserved")

    assert shop.payment.status is PaymentStatus.REFUNDED
    assert shop.money == (1, 1)


def test_a_cancellation_of_a_declined_payment_changes_nothing(shop: Shop) -> None:
    shop.happen("OrderPlaced", "StockReserved", payment_token="tok_declined")  # noqa: S106 - no secret
    shop.happen("OrderCancelled")

    assert shop.payment.status is PaymentStatus.DECLINED
    assert shop.topic.told() == ["PaymentDeclined"]


def test_a_capture_that_becomes_known_after_giving_up_is_refunded(shop: Shop) -> None:
    def given_up_meanwhile() -> None:
        shop.happen("OrderCancelled")
        shop.ledger.payments[shop.order_id] = _with_status(shop, PaymentStatus.CANCELLED)

    shop.bank.meanwhile = given_up_meanwhile

    shop.happen("OrderPlaced", "StockReserved")

    assert shop.payment.status is PaymentStatus.REFUNDED
    assert shop.money == (1, 1)


def test_an_event_without_order_or_customer_is_refused(shop: Shop) -> None:
    event = shop_event("StockReserved", shop.order_id, customer_id=None)

    with pytest.raises(ValueError, match="names no order or no customer"):
        shop.deliver(event)

    assert shop.ledger.payments == {}


def test_a_customer_reads_a_payment_without_its_token(shop: Shop) -> None:
    shop.happen("OrderPlaced", "StockReserved", "OrderCancelled")

    view = msgspec.to_builtins(read_payment(shop.ledger, CUSTOMER, shop.order_id))

    assert view == {
        "order_id": shop.order_id,
        "payment_id": shop.payment.payment_id,
        "status": "REFUNDED",
        "amount": 2500,
        "currency": "EUR",
        "captured_at": view["captured_at"],
        "refunded_at": view["refunded_at"],
    }
    assert "2026-11-24T03:11" in view["captured_at"] < view["refunded_at"]


@pytest.mark.parametrize("order_id", ["", "no uuid", "\x00", "a" * 5000])
def test_a_text_that_is_no_order_id_is_not_found(shop: Shop, order_id: str) -> None:
    with pytest.raises(NotFoundError):
        read_payment(shop.ledger, CUSTOMER, order_id)


def test_another_customers_payment_is_not_found(shop: Shop) -> None:
    shop.happen("OrderPlaced", "StockReserved")

    with pytest.raises(NotFoundError):
        read_payment(shop.ledger, OTHER_CUSTOMER, shop.order_id)


def test_a_payment_is_not_found_before_its_order_has_been_heard_of(shop: Shop) -> None:
    shop.happen("StockReserved")

    with pytest.raises(NotFoundError):
        read_payment(shop.ledger, CUSTOMER, shop.order_id)


def _with_status(shop: Shop, status: PaymentStatus) -> Payment:
    return msgspec.structs.replace(shop.payment, status=status)
