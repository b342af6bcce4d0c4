"""What a customer is told of each event: one plain sentence, short enough for a text message.

No message holds more about its reader than the order's id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

import msgspec

from common.events import Envelope, decode_data
from notifications.models import (
    OrderCancelledView,
    PaymentDeclinedView,
    PaymentRefundedView,
    StockRejectedView,
    TotalView,
)

_ISO_4217_DIGITS: Mapping[str, int] = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG"), 0),
    **dict.fromkeys(("RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
"""Digits behind the point, of the currencies whose minor unit is not a hundredth."""

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


def money(minor_units: int, currency: str) -> str:
    """`money(1250, "EUR")` is `12.50 EUR`; the minor unit is ISO 4217's."""
    digits = _ISO_4217_DIGITS.get(currency, 2)
    if digits == 0:
        return f"{minor_units} {currency}"
    whole, fraction = divmod(abs(minor_units), 10**digits)
    sign = "-" if minor_units < 0 else ""
    return f"{sign}{whole}.{fraction:0{digits}} {currency}"


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
