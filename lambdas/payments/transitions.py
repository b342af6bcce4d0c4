"""Where a payment goes next: pure decisions on one payment at one instant.

    PENDING ─► CHARGING ─► CAPTURED ─► REFUNDING ─► REFUNDED
       │        │    ▲ └─► DECLINED        ▲
       │        ▼    │                     │ a capture that became known too late
       │      UNKNOWN ──────► CANCELLED ───┘
       └──────────────────────────▲

A claim (CHARGING, REFUNDING) belongs to the process whose commit made it: `claimed_at` tells
claims apart. None means that there is nothing to do.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec
from msgspec.structs import replace

from common.events import EventData
from payments.events import PaymentCaptured, PaymentDeclined, PaymentRefunded
from payments.models import Payment, PaymentStatus, Terms

_OPEN_CHARGE = (PaymentStatus.CHARGING, PaymentStatus.UNKNOWN)
UNSETTLED = (*_OPEN_CHARGE, PaymentStatus.REFUNDING)
"""States that a process has to lead out of; all others wait for facts or are final."""


class Step(msgspec.Struct, frozen=True):
    """What a payment becomes, and the data of the events that tell of it."""

    after: Payment
    events: tuple[EventData, ...] = ()


Transition = Callable[[Payment, datetime], Step | None]


def placed(terms: Terms) -> Transition:
    """The order's terms are known; the first ones stay."""

    def decide(payment: Payment, now: datetime) -> Step | None:
        if payment.terms is not None:
            return None
        return _charge_when_ready(replace(payment, terms=terms), now)

    return decide


def stock_reserved(payment: Payment, now: datetime) -> Step | None:
    """The order's stock is held."""
    if payment.stock_reserved:
        return None
    return _charge_when_ready(replace(payment, stock_reserved=True), now)


def cancelled(payment: Payment, now: datetime) -> Step | None:
    """The order will not be delivered: nothing may be kept."""
    match payment.status:
        case PaymentStatus.PENDING:
            return Step(replace(payment, cancel_requested=True, status=PaymentStatus.CANCELLED))
        case PaymentStatus.CHARGING | PaymentStatus.UNKNOWN if not payment.cancel_requested:
            return Step(replace(payment, cancel_requested=True))
        case PaymentStatus.CAPTURED:
            return Step(_claim_refund(replace(payment, cancel_requested=True), now))
        case _:
            return None


def captured(reference: str) -> Transition:
    """The provider has the money. What was given up as never charged goes back."""

    def decide(payment: Payment, now: datetime) -> Step | None:
        if payment.status not in (*_OPEN_CHARGE, PaymentStatus.CANCELLED):
            return None
        terms = payment.agreed
        event = PaymentCaptured(
            payment_id=payment.payment_id, amount=terms.amount, currency=terms.currency
        )
        after = replace(
            payment,
            status=PaymentStatus.CAPTURED,
            provider_reference=reference,
            captured_at=now,
        )
        return Step(_claim_refund(after, now) if after.cancel_requested else after, (event,))

    return decide


def declined(reason: str) -> Transition:
    """The provider refuses the payment method."""

    def decide(payment: Payment, now: datetime) -> Step | None:
        if payment.status not in _OPEN_CHARGE:
            return None
        event = PaymentDeclined(payment_id=payment.payment_id, reason=reason)
        after = replace(payment, status=PaymentStatus.DECLINED, decline_reason=reason)
        return Step(after, (event,))

    return decide


def outcome_unknown(payment: Payment, now: datetime) -> Step | None:
    """The provider gave no clear answer."""
    if payment.status is not PaymentStatus.CHARGING:
        return None
    return Step(replace(payment, status=PaymentStatus.UNKNOWN))


def not_charged(observed: Payment) -> Transition:
    """The provider knows of no charge for the claim that was `observed`.

    Without a cancellation the charge is claimed again. With one, `withdraw` has made sure that
    no charge will come.
    """

    def decide(payment: Payment, now: datetime) -> Step | None:
        if payment.status not in _OPEN_CHARGE or payment.claimed_at != observed.claimed_at:
            return None
        if observed.cancel_requested:
            return Step(replace(payment, status=PaymentStatus.CANCELLED))
        if payment.cancel_requested:
            return None
        return Step(_claim_charge(payment, now))

    return decide


def refund_retried(observed: Payment) -> Transition:
    """The claim to refund that was `observed` has lost its process."""

    def decide(payment: Payment, now: datetime) -> Step | None:
        if payment.status is not PaymentStatus.REFUNDING:
            return None
        if payment.claimed_at != observed.claimed_at:
            return None
        return Step(_claim_refund(payment, now))

    return decide


def refunded(payment: Payment, now: datetime) -> Step | None:
    """The provider has given the money back."""
    if payment.status is not PaymentStatus.REFUNDING:
        return None
    terms = payment.agreed
    event = PaymentRefunded(
        payment_id=payment.payment_id, amount=terms.amount, currency=terms.currency
    )
    after = replace(payment, status=PaymentStatus.REFUNDED, refunded_at=now)
    return Step(after, (event,))


def _charge_when_ready(payment: Payment, now: datetime) -> Step:
    ready = payment.terms is not None and payment.stock_reserved
    if ready and payment.status is PaymentStatus.PENDING:
        return Step(_claim_charge(payment, now))
    return Step(payment)


def _claim_charge(payment: Payment, now: datetime) -> Payment:
    return replace(
        payment,
        status=PaymentStatus.CHARGING,
        charge_attempts=payment.charge_attempts + 1,
        charge_started_at=payment.charge_started_at or now,
        claimed_at=now,
    )


def _claim_refund(payment: Payment, now: datetime) -> Payment:
    return replace(payment, status=PaymentStatus.REFUNDING, claimed_at=now)
