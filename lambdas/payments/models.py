"""What payments stores, reads from events, and shows. Amounts are in minor units."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec import UNSET, UnsetType

from common.clock import timestamp


class PaymentStatus(StrEnum):
    """Where a payment is; `payments.transitions` says what leads where."""

    PENDING = "PENDING"
    """waits for the order's amount, its stock, or both"""
    CHARGING = "CHARGING"
    """one process has claimed the charge"""
    UNKNOWN = "UNKNOWN"
    """the provider did not say what became of the charge"""
    CAPTURED = "CAPTURED"
    DECLINED = "DECLINED"
    CANCELLED = "CANCELLED"
    """nothing was charged and nothing will be"""
    REFUNDING = "REFUNDING"
    """one process has claimed the refund"""
    REFUNDED = "REFUNDED"


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be charged: minor units, ISO 4217 code, the provider's token."""

    amount: int
    currency: str
    payment_token: str


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """An order's one payment.

    `terms` are unknown until `OrderPlaced`. `charge_started_at` is the first claim to charge,
    `claimed_at` the last claim to charge or refund. `correlation_id` is that of the last event
    that changed it.
    """

    order_id: str
    payment_id: str
    customer_id: str
    correlation_id: str
    provider_key: str
    created_at: datetime
    status: PaymentStatus = PaymentStatus.PENDING
    terms: Terms | None = None
    stock_reserved: bool = False
    cancel_requested: bool = False
    charge_attempts: int = 0
    charge_started_at: datetime | None = None
    claimed_at: datetime | None = None
    provider_reference: str | None = None
    decline_reason: str | None = None
    captured_at: datetime | None = None
    refunded_at: datetime | None = None

    @property
    def agreed(self) -> Terms:
        """The terms of a payment that was claimed, which always has them."""
        if self.terms is None:
            raise ValueError(f"payment of order {self.order_id} is {self.status} without terms")
        return self.terms


class PaymentView(msgspec.Struct, frozen=True, kw_only=True):
    """A payment as its customer sees it; times are RFC 3339 in UTC."""

    order_id: str
    payment_id: str
    status: PaymentStatus
    amount: int
    currency: str
    decline_reason: str | UnsetType = UNSET
    captured_at: str | UnsetType = UNSET
    refunded_at: str | UnsetType = UNSET

    @classmethod
    def of(cls, payment: Payment, terms: Terms) -> PaymentView:
        """The view of `payment`, without its token."""
        return cls(
            order_id=payment.order_id,
            payment_id=payment.payment_id,
            status=payment.status,
            amount=terms.amount,
            currency=terms.currency,
            decline_reason=payment.decline_reason or UNSET,
            captured_at=timestamp(payment.captured_at) if payment.captured_at else UNSET,
            refunded_at=timestamp(payment.refunded_at) if payment.refunded_at else UNSET,
        )


class OrderPlacedView(msgspec.Struct, frozen=True, kw_only=True):
    """What payments reads of `OrderPlaced`."""

    total: int
    currency: str
    payment_token: str
