"""Receipts: what they say, when they are written, and who gets a link."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from common.clock import new_id
from common.errors import ConflictError, NotFoundError, UnavailableError
from orders.facts import fact_of
from orders.logic import Orders, UnknownOrderError
from orders.models import Order, OrderLine, OrderStatus
from orders.receipts import Receipts, document, receipt_of
from tests.support.measurements import unmeasured
from tests.support.orders import (
    Clock,
    InMemoryOrderStore,
    InMemoryReceiptShelf,
    order,
    shop_event,
)
from tests.support.payloads import CUSTOMER, OTHER_CUSTOMER

MINUTE = timedelta(seconds=60)


class Desk:
    """One order, its receipt's logic, and the shelf."""

    def __init__(self, **changes: object) -> None:
        self.store, self.shelf, self.clock = InMemoryOrderStore(), InMemoryReceiptShelf(), Clock()
        self.orders = Orders(
            self.store, clock=self.clock, new_id=new_id, count=lambda name: None, measure=unmeasured
        )
        self.receipts = Receipts(self.store, self.orders, self.shelf, clock=self.clock)
        self.order_id = self.store.add(order(**changes)).order_id

    def pay(self) -> None:
        self.orders.observe(fact_of(shop_event("StockReserved", self.order_id)))
        self.orders.observe(fact_of(shop_event("PaymentCaptured", self.order_id)))

    def cancel(self) -> None:
        self.orders.cancel(CUSTOMER, self.order_id, "correlation")

    def link(self, customer_id: str = CUSTOMER) -> str:
        return self.receipts.link(customer_id, self.order_id, MINUTE).url

    def page(self) -> str:
        (written,) = self.shelf.documents.values()
        return written.decode()

    def steps(self) -> list[str]:
        return [step.step for step in self.store.steps[self.order_id].values()]


@pytest.fixture
def desk() -> Desk:
    paid = Desk()
    paid.pay()
    return paid


def test_a_receipt_names_order_payment_lines_and_amounts(desk: Desk) -> None:
    assert desk.receipts.issue(desk.order_id) is True

    page = desk.page()
    for part in (desk.order_id, "pay-1", "mug", ">2<", "2026-11-24T03:11:00.000Z"):
        assert part in page, part
    assert '<data value="1250">12.50 EUR</data>' in page
    assert page.count('<data value="2500">25.00 EUR</data>') == 2
    assert "Cancelled" not in page


def test_a_receipt_says_nothing_of_cards_tokens_and_addresses(desk: Desk) -> None:
    desk.receipts.issue(desk.order_id)

    for word in ("tok_", "card", "Lovelace", "James", CUSTOMER):
        assert word not in desk.page()


def test_what_could_be_markup_is_text(desk: Desk) -> None:
    evil = "<script>alert(1)</script>"
    lines = (OrderLine(product_id=evil, quantity=1, unit_price=1),)
    found = receipt_of(order(lines=lines), [*desk.store.steps[desk.order_id].values()])
    assert found is not None

    page = document(msgspec.structs.replace(found, order_id=evil, payment_id=evil, currency="<b>"))

    assert b"<script>" not in page
    assert b"<b>" not in page
    assert page.count(b"&lt;script&gt;") == 4


def test_a_repeated_event_writes_the_same_receipt_and_one_step(desk: Desk) -> None:
    desk.receipts.issue(desk.order_id)
    first = dict(desk.shelf.documents)
    desk.clock.advance(3600)

    assert desk.receipts.issue(desk.order_id) is True

    assert desk.shelf.documents == first
    assert desk.steps().count("ReceiptIssued") == 1


@pytest.mark.parametrize("late", [False, True])
def test_a_cancelled_order_keeps_its_receipt_which_says_so(desk: Desk, late: bool) -> None:
    if not late:
        desk.receipts.issue(desk.order_id)
    desk.cancel()
    desk.receipts.issue(desk.order_id)
    desk.receipts.issue(desk.order_id)

    assert "Cancelled on 2026-11-24T03:11:00.000Z." in desk.page()
    assert '<data value="2500">25.00 EUR</data>' in desk.page()


def test_a_confirmation_that_is_handled_late_takes_no_cancellation_back(desk: Desk) -> None:
    stale = desk.store.history(desk.order_id)
    desk.cancel()
    desk.receipts.issue(desk.order_id)
    desk.store.history = lambda order_id: stale  # type: ignore[method-assign]

    desk.receipts.issue(desk.order_id)

    assert "Cancelled on" in desk.page()


def test_an_order_that_was_never_confirmed_gets_no_receipt() -> None:
    desk = Desk()
    desk.cancel()

    assert desk.receipts.issue(desk.order_id) is False
    assert desk.shelf.documents == {}
    with pytest.raises(ConflictError, match="is CANCELLED and has no receipt"):
        desk.link()


def test_an_event_of_an_order_that_nobody_placed_is_an_error(desk: Desk) -> None:
    with pytest.raises(UnknownOrderError):
        desk.receipts.issue(new_id())


def test_a_receipt_that_could_not_be_written_has_no_link_yet(desk: Desk) -> None:
    desk.shelf.broken = True

    with pytest.raises(UnavailableError):
        desk.receipts.issue(desk.order_id)
    with pytest.raises(ConflictError, match="is CONFIRMED and has no receipt"):
        desk.link()


def test_its_customer_gets_a_link_that_ends(desk: Desk) -> None:
    desk.receipts.issue(desk.order_id)

    link = desk.receipts.link(CUSTOMER, desk.order_id, MINUTE)

    assert link.url == f"https://shelf.example/receipts/{CUSTOMER}/{desk.order_id}.html?seconds=60"
    assert link.expires_at == "2026-11-24T03:12:00.000Z"


def test_another_customer_finds_no_such_order(desk: Desk) -> None:
    desk.receipts.issue(desk.order_id)

    with pytest.raises(NotFoundError):
        desk.link(OTHER_CUSTOMER)


@pytest.mark.parametrize("status", [OrderStatus.PLACED, OrderStatus.REJECTED])
def test_an_order_that_is_not_paid_has_no_receipt(status: OrderStatus) -> None:
    unpaid: Order = order(status=status)

    assert receipt_of(unpaid, []) is None
