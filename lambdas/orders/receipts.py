"""Receipts: one per confirmed order, written once it is confirmed and again if it is cancelled.

A receipt is made of the order and its timeline alone, so the same receipt is always the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from html import escape

from common.clock import timestamp
from common.errors import ConflictError
from common.text import money
from orders.logic import Orders, UnknownOrderError
from orders.models import Order, Receipt, ReceiptLink, Step
from orders.ports import Change, Clock, OrderStore, ReceiptShelf

ISSUED = "ReceiptIssued"
_STEP_ID = "receipt"
"""The id of the one step that says the receipt is there."""


class Receipts:
    """Writes receipts, and gives customers links to their own."""

    def __init__(
        self, store: OrderStore, orders: Orders, shelf: ReceiptShelf, *, clock: Clock
    ) -> None:
        self._store = store
        self._orders = orders
        self._shelf = shelf
        self._clock = clock

    def issue(self, order_id: str) -> bool:
        """Write the order's receipt; False when the order was never confirmed.

        A repetition changes nothing, and one that comes late never takes back a cancellation.
        Raises UnknownOrderError, UnavailableError.
        """
        found = self._store.history(order_id)
        if found is None:
            raise UnknownOrderError(f"order {order_id} was never placed")
        order, steps = found
        receipt = receipt_of(order, steps)
        if receipt is None:
            return False
        cancelled = receipt.cancelled_at is not None
        self._shelf.put(_key(order), document(receipt), replace=cancelled)
        issued = Step(event_id=_STEP_ID, step=ISSUED, at=timestamp(self._clock()))
        self._store.apply(Change(before=order, after=order, steps=(issued,)))
        return True

    def link(self, customer_id: str, order_id: str, lifetime: timedelta) -> ReceiptLink:
        """A link to the receipt that works until `expires_at`.

        Raises NotFoundError for an order that is not this customer's, ConflictError for one that
        has no receipt.
        """
        order, steps = self._orders.history(customer_id, order_id)
        if ISSUED not in {step.step for step in steps}:
            raise ConflictError(
                f"order {order_id} is {order.status} and has no receipt; one is written as soon "
                f"as an order is CONFIRMED"
            )
        expires_at: datetime = self._clock() + lifetime
        return ReceiptLink(
            url=self._shelf.link(_key(order), lifetime), expires_at=timestamp(expires_at)
        )


def receipt_of(order: Order, steps: Iterable[Step]) -> Receipt | None:
    """The receipt of an order that was confirmed at some time, else None."""
    by_name: Mapping[str, Step] = {step.step: step for step in steps}
    confirmed, paid = by_name.get("OrderConfirmed"), by_name.get("PaymentCaptured")
    if confirmed is None or paid is None:
        return None
    cancelled = by_name.get("OrderCancelled")
    return Receipt(
        order_id=order.order_id,
        payment_id=str(paid.detail["payment_id"]),
        lines=order.lines,
        total=order.total,
        currency=order.currency,
        ordered_at=order.created_at,
        confirmed_at=confirmed.at,
        cancelled_at=cancelled.at if cancelled else None,
    )


def document(receipt: Receipt) -> bytes:
    """The receipt as HTML, with amounts as people read them and in minor units."""
    rows = "".join(
        _row(
            line.product_id,
            str(line.quantity),
            _amount(line.unit_price, receipt.currency),
            _amount(line.quantity * line.unit_price, receipt.currency),
        )
        for line in receipt.lines
    )
    note = (
        f"<p><strong>Cancelled on {escape(receipt.cancelled_at)}.</strong> The total is given back "
        f"the way it was paid.</p>\n"
        if receipt.cancelled_at
        else ""
    )
    page = (
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        f"<title>Receipt for order {escape(receipt.order_id)}</title>\n"
        f"<h1>Receipt</h1>\n{note}"
        f"<p>Order {escape(receipt.order_id)}, placed {escape(receipt.ordered_at)}, confirmed and "
        f"paid {escape(receipt.confirmed_at)}, payment {escape(receipt.payment_id)}.</p>\n"
        f"<table>\n<tr><th>Product<th>Quantity<th>Price<th>Amount\n{rows}"
        f"<tr><th>Total<td><td><td>{_amount(receipt.total, receipt.currency)}\n</table>\n</html>\n"
    )
    return page.encode()


def _row(*cells: str) -> str:
    first, *others = cells
    return f"<tr><td>{escape(first)}" + "".join(f"<td>{cell}" for cell in others) + "\n"


def _amount(minor_units: int, currency: str) -> str:
    return f'<data value="{minor_units}">{escape(money(minor_units, currency))}</data>'


def _key(order: Order) -> str:
    return f"receipts/{order.customer_id}/{order.order_id}.html"
