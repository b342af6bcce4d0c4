"""One example of every event's data, made of the producers' own classes."""

from __future__ import annotations

from datetime import UTC, datetime

from common.events import Envelope, EventData, new_event
from inventory.events import (
    ProductChanged,
    StockLine,
    StockRejected,
    StockReleased,
    StockReserved,
    StockShortage,
)
from orders.events import OrderCancelled, OrderConfirmed, OrderPlaced, PlacedLine
from payments.events import PaymentCaptured, PaymentDeclined, PaymentRefunded

MOMENT = datetime(2026, 11, 24, 3, 11, tzinfo=UTC)
EXAMPLES: tuple[EventData, ...] = (
    OrderPlaced(
        lines=(PlacedLine(product_id="mug", quantity=2, unit_price=1250),),
        total=2500,
        currency="EUR",
        payment_token="tok_approved",  # noqa: S106 - a sandbox's token
    ),
    OrderConfirmed(total=2500, currency="EUR"),
    OrderCancelled(reason="customer", total=2500, currency="EUR"),
    StockReserved(
        lines=(StockLine(product_id="mug", quantity=2),), expires_at="2026-11-24T03:41:00.000Z"
    ),
    StockRejected(shortages=(StockShortage(product_id="mug", requested=2, available=1),)),
    StockReleased(reason="order_cancelled", lines=(StockLine(product_id="mug", quantity=2),)),
    ProductChanged(
        product_id="mug", name="Mug", unit_price=1250, currency="EUR", active=True, revision=1
    ),
    PaymentCaptured(payment_id="pay-1", amount=2500, currency="EUR"),
    PaymentDeclined(payment_id="pay-1", reason="card_declined"),
    PaymentRefunded(payment_id="pay-1", amount=2500, currency="EUR"),
)
BY_TYPE = {type(example).__name__: example for example in EXAMPLES}


def example_event(data: EventData) -> Envelope:
    """`data` in an envelope about one order of one customer."""
    return new_event(
        data,
        occurred_at=MOMENT,
        correlation_id="correlation-1",
        order_id="019ab000-0000-7000-8000-000000000077",
        customer_id="customer-1",
    )
