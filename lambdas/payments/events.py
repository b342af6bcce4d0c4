"""The events payments produces: the `data` of each, version 1. Amounts are in minor units."""

from __future__ import annotations

from common.events import EventData


class PaymentCaptured(EventData, frozen=True, kw_only=True):
    """The provider has taken the money."""

    payment_id: str
    amount: int
    currency: str


class PaymentDeclined(EventData, frozen=True, kw_only=True):
    """The provider refuses the payment method; `reason` is a code, e.g. `card_declined`."""

    payment_id: str
    reason: str


class PaymentRefunded(EventData, frozen=True, kw_only=True):
    """The provider has given all of the money back."""

    payment_id: str
    amount: int
    currency: str
