"""What happens to payments: facts arrive, money moves, the world is told."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from msgspec.structs import replace

from common.errors import NotFoundError
from common.events import Envelope, EventData, decode_data, new_event
from common.observability import Measure, current_traceparent, logger
from payments import transitions
from payments.announcing import Announcer
from payments.models import OrderPlacedView, Payment, PaymentStatus, PaymentView, Terms
from payments.ports import (
    Announcement,
    Captured,
    ChargeOutcome,
    ChargeRequest,
    Clock,
    Count,
    Decide,
    Decision,
    Ledger,
    Moved,
    PaymentProvider,
    PaymentReader,
    RefundRequest,
    UnknownOutcomeError,
)
from payments.transitions import Transition

_ORDER_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_COUNTED = {
    "PaymentCaptured": "PaymentsCaptured",
    "PaymentDeclined": "PaymentsDeclined",
    "PaymentRefunded": "PaymentsRefunded",
}

_MONEY = {"PaymentCaptured": "MoneyCaptured", "PaymentRefunded": "MoneyRefunded"}


def read_payment(ledger: PaymentReader, customer_id: str, order_id: str) -> PaymentView:
    """The customer's payment for an order.

    Raises NotFoundError for another customer's, and before the order has been heard of.
    """
    payment = ledger.payment(order_id) if _ORDER_ID.fullmatch(order_id) else None
    if payment is None or payment.customer_id != customer_id or payment.terms is None:
        raise NotFoundError(f"you have no payment for an order {order_id[:64]!r}")
    return PaymentView.of(payment, payment.terms)


def charge_request(payment: Payment) -> ChargeRequest:
    """The request of a payment that was claimed; every claim of it has the same key."""
    if payment.charge_started_at is None:
        raise ValueError(f"payment of order {payment.order_id} was never claimed")
    return ChargeRequest(
        key=payment.provider_key,
        order_id=payment.order_id,
        amount=payment.agreed.amount,
        currency=payment.agreed.currency,
        payment_token=payment.agreed.payment_token,
        attempt=payment.charge_attempts,
        started_at=payment.charge_started_at,
    )


def deciding(correlation_id: str, transition: Transition, now: datetime) -> Decide:
    """The decision that `transition` makes, and the events that it announces."""

    def announcement(payment: Payment, data: EventData) -> Announcement:
        event = new_event(
            data,
            occurred_at=now,
            correlation_id=correlation_id,
            order_id=payment.order_id,
            customer_id=payment.customer_id,
        )
        return Announcement(event, current_traceparent())

    def decide(payment: Payment) -> Decision | None:
        step = transition(payment, now)
        if step is None:
            return None
        after = replace(step.after, correlation_id=correlation_id)
        return Decision(after, tuple(announcement(after, data) for data in step.events))

    return decide


def note(moved: Moved, count: Count, measure: Measure) -> None:
    """Log and count what has become of a payment, and its money in minor units by currency."""
    before, after = moved.before, moved.after
    if before.status is not after.status:
        about = {"order_id": after.order_id, "from": before.status, "to": after.status}
        logger.info("payment moved", extra=about)
    for announcement in moved.announcements:
        count(_COUNTED[announcement.event.type])
        if money := _MONEY.get(announcement.event.type):
            measure(money, after.agreed.amount, "None", currency=after.agreed.currency)


class Payments:
    """Takes facts in any order and any number, and charges or refunds once when they call for it.

    A claim is committed before the provider is asked, so at most one process asks; whoever dies
    with a claim leaves it to the sweeper.
    """

    def __init__(
        self,
        ledger: Ledger,
        provider: PaymentProvider,
        announcer: Announcer,
        *,
        clock: Clock,
        new_id: Callable[[], str],
        count: Count,
        measure: Measure,
    ) -> None:
        self._ledger = ledger
        self._provider = provider
        self._announcer = announcer
        self._clock = clock
        self._new_id = new_id
        self._count = count
        self._measure = measure

    def order_placed(self, envelope: Envelope) -> None:
        """Learn the terms, and charge if the stock is held already."""
        data = decode_data(envelope, OrderPlacedView)
        terms = Terms(amount=data.total, currency=data.currency, payment_token=data.payment_token)
        self._record(envelope, transitions.placed(terms))

    def stock_reserved(self, envelope: Envelope) -> None:
        """Charge if the terms are known already."""
        self._record(envelope, transitions.stock_reserved)

    def stock_rejected(self, envelope: Envelope) -> None:
        """Never charge: inventory could not hold the stock, and the order ends with that."""
        self._record(envelope, transitions.cancelled)

    def order_cancelled(self, envelope: Envelope) -> None:
        """Never charge, or give back what was charged."""
        self._record(envelope, transitions.cancelled)

    def move(self, order_id: str, correlation_id: str, transition: Transition) -> Payment:
        """Commit a transition of a payment and do what it calls for; gives what is committed.

        Raises UnknownOutcomeError, with the doubt committed, when the provider is asked in vain.
        """
        decide = deciding(correlation_id, transition, self._clock())
        return self._follow(self._ledger.settle(order_id, decide))

    def settle_charge(self, payment: Payment, outcome: ChargeOutcome) -> Payment:
        """Write down what became of a charge; raises as `move` does."""
        transition = (
            transitions.captured(outcome.reference)
            if isinstance(outcome, Captured)
            else transitions.declined(outcome.reason)
        )
        return self.move(payment.order_id, payment.correlation_id, transition)

    def _record(self, envelope: Envelope, transition: Transition) -> None:
        fresh = self._fresh(envelope)
        decide = deciding(envelope.correlation_id, transition, self._clock())
        moved = self._ledger.record(envelope.id, fresh, decide)
        with suppress(UnknownOutcomeError):  # the sweeper settles it
            self._follow(moved)

    def _fresh(self, envelope: Envelope) -> Payment:
        if envelope.order_id is None or envelope.customer_id is None:
            raise ValueError(f"{envelope.type} {envelope.id} names no order or no customer")
        return Payment(
            order_id=envelope.order_id,
            payment_id=self._new_id(),
            customer_id=envelope.customer_id,
            correlation_id=envelope.correlation_id,
            provider_key=f"charge-{envelope.order_id}",
            created_at=self._clock(),
        )

    def _follow(self, moved: Moved) -> Payment:
        before, after = moved.before, moved.after
        note(moved, self._count, self._measure)
        self._announcer.announce(moved.announcements)
        if before.claimed_at == after.claimed_at:
            return after
        if after.status is PaymentStatus.CHARGING:
            return self._charge(after)
        return self._refund(after)

    def _charge(self, payment: Payment) -> Payment:
        try:
            outcome = self._provider.charge(charge_request(payment))
        except UnknownOutcomeError as error:
            self._doubt("charge", payment, error)
            self.move(payment.order_id, payment.correlation_id, transitions.outcome_unknown)
            raise
        return self.settle_charge(payment, outcome)

    def _refund(self, payment: Payment) -> Payment:
        if payment.provider_reference is None:
            raise ValueError(f"payment of order {payment.order_id} has nothing to refund")
        request = RefundRequest(
            key=f"refund-{payment.order_id}",
            order_id=payment.order_id,
            reference=payment.provider_reference,
        )
        try:
            done = self._provider.refund(request)
        except UnknownOutcomeError as error:
            self._doubt("refund", payment, error)
            raise
        if not done:
            logger.info("refund is on its way", extra={"order_id": payment.order_id})
            return payment
        return self.move(payment.order_id, payment.correlation_id, transitions.refunded)

    def _doubt(self, what: str, payment: Payment, error: Exception) -> None:
        about = {"order_id": payment.order_id, "what": what, "detail": str(error)}
        logger.warning("outcome unknown; the sweeper will settle it", extra=about)
        self._count("ProviderOutcomesUnknown")
