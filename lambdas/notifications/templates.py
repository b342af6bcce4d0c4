"""What a customer is told of each event: one plain sentence, short enough for a text message.

No message holds more about its reader than the order's id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

import msgspec

from common.events import Envelope, decode_data
from common.text import money
from notifications.models import (
    OrderCancelledView,
    PaymentDeclinedView,
    PaymentRefundedView,
    StockRejectedView,
    TotalView,
)

_CANCELLED = {
    "customer": "is cancelled, as you asked",
    "payment_declined": "is cancelled, because its payment was declined",
    "deadline": "is cancelled, because it could not be completed in time",
    "reservation_expired": "is cancelled, because its items could not be held any longer",
}

V = TypeVar("V", bound=msgspec.Struct)


class Template(Generic[V]):
    """How an event's data, read as `view`, goes on after "Your order ..."."""

    def __init__(self, view: type[V], predicate: Callable[[V], str]) -> None:
        self.view = view
        self._predicate = predicate

    def render(self, event: Envelope) -> str:
        """The whole text; raises msgspec.ValidationError for data that breaks the contract."""
        return f"Your order {event.order_id} {self._predicate(decode_data(event, self.view))}."


def _placed(view: TotalView) -> str:
    return f"has arrived: {money(view.total, view.currency)}. We tell you when it is confirmed"


def _confirmed(view: TotalView) -> str:
    return f"is confirmed and paid: {money(view.total, view.currency)}"


def _cancelled(view: OrderCancelledView) -> str:
    return _CANCELLED.get(view.reason, "is cancelled")


def _rejected(view: StockRejectedView) -> str:
    lacking = [shortage.product_id for shortage in view.shortages]
    others = f" and {len(lacking) - 1} more" if len(lacking) > 1 else ""
    about = f"too few left of {lacking[0]}{others}" if lacking else "too few items left"
    return f"cannot be delivered: {about}. You pay nothing"


def _declined(view: PaymentDeclinedView) -> str:
    return "could not be paid: the payment was declined"


def _refunded(view: PaymentRefundedView) -> str:
    return f"is refunded: {money(view.amount, view.currency)}"


TEMPLATES: Mapping[str, Template[Any]] = {
    "OrderPlaced": Template(TotalView, _placed),
    "OrderConfirmed": Template(TotalView, _confirmed),
    "OrderCancelled": Template(OrderCancelledView, _cancelled),
    "StockRejected": Template(StockRejectedView, _rejected),
    "PaymentDeclined": Template(PaymentDeclinedView, _declined),
    "PaymentRefunded": Template(PaymentRefundedView, _refunded),
}
"""One per type of event that customers are told of."""
