"""What the provider tells by itself: signed, heard once each, in the format of Stripe's events.

An event settles what no process is at work on: a charge whose outcome is UNKNOWN, a capture that
comes after a withdrawal, a refund that is pending. A claim to charge stays its process's own, which
also tells the shop at once; what an event settles leaves the outbox with the next sweep.
"""

from __future__ import annotations

from typing import Annotated, TypeVar

import msgspec

from common.errors import MalformedError, TooLargeError
from common.observability import Measure, logger
from payments import transitions
from payments.logic import deciding, note
from payments.models import Payment, PaymentStatus
from payments.ports import Clock, Count, Ledger, UnprovenError, WebhookVerifier
from payments.transitions import Transition

MAX_BYTES = 64 * 1024
_EFFECTS = ("payment_intent.succeeded", "payment_intent.payment_failed", "charge.refunded")
_UNPROVEN = (
    "the request is not proved by a signature of this endpoint that is young enough; sign it with "
    "the endpoint's secret and send it again"
)

T = TypeVar("T")


class ProviderEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What is read of an event; `data` holds the object that it is about."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    type: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    data: dict[str, msgspec.Raw]


class _Names(msgspec.Struct, frozen=True, kw_only=True):
    order_id: str = ""
    charge: str = ""


class _Failure(msgspec.Struct, frozen=True, kw_only=True):
    code: str | None = None


class _Subject(msgspec.Struct, frozen=True, kw_only=True):
    """A payment intent, or the charge that came of one; both carry the intent's metadata."""

    id: str
    metadata: _Names = _Names()
    payment_intent: str | None = None
    refunded: bool = False
    last_payment_error: _Failure | None = None


class Webhooks:
    """Takes events in any order and any number; each counts once."""

    def __init__(
        self,
        ledger: Ledger,
        verifier: WebhookVerifier,
        *,
        clock: Clock,
        count: Count,
        measure: Measure,
    ) -> None:
        self._ledger = ledger
        self._verifier = verifier
        self._clock = clock
        self._count = count
        self._measure = measure

    def receive(self, body: bytes, signature: str) -> None:
        """Settle what the event tells of; one of another type or payment changes nothing.

        Raises TooLargeError, and MalformedError for what is not proved or no event.
        """
        if len(body) > MAX_BYTES:
            raise TooLargeError(f"the body has {len(body)} bytes; {MAX_BYTES} at most")
        try:
            self._verifier.verify(body, signature)
        except UnprovenError as error:
            logger.warning("webhook refused", extra={"detail": str(error)})
            raise MalformedError(_UNPROVEN) from error
        event = _decoded(body, ProviderEvent)
        about = {"event_id": event.id, "type": event.type}
        if event.type not in _EFFECTS:
            logger.info("webhook of no interest", extra=about)
            return
        self._settle(event, _decoded(event.data.get("object", b""), _Subject), about)

    def _settle(self, event: ProviderEvent, subject: _Subject, about: dict[str, str]) -> None:
        order_id = subject.metadata.order_id
        payment = self._ledger.payment(order_id)
        if payment is None or payment.provider_key != subject.metadata.charge:
            logger.warning("webhook of an unknown payment", extra={**about, "order_id": order_id})
            return
        decide = deciding(
            payment.correlation_id, _effect(event.type, subject, payment), self._clock()
        )
        moved = self._ledger.hear(event.id, event.type, order_id, decide)
        if moved.before == moved.after:
            status = {"order_id": order_id, "status": moved.after.status}
            logger.info("webhook changes nothing", extra={**about, **status})
            return
        note(moved, self._count, self._measure)


def _decoded(content: bytes | msgspec.Raw, model: type[T]) -> T:
    try:
        return msgspec.json.decode(content, type=model)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedError(f"the body is no event of the provider: {error}") from error


def _effect(kind: str, subject: _Subject, payment: Payment) -> Transition:
    if kind == "payment_intent.succeeded":
        return _from(
            transitions.captured(subject.id), PaymentStatus.UNKNOWN, PaymentStatus.CANCELLED
        )
    if kind == "payment_intent.payment_failed":
        failure = subject.last_payment_error
        reason = (failure.code if failure else None) or "card_declined"
        return _from(transitions.declined(reason), PaymentStatus.UNKNOWN)
    whole = subject.refunded and subject.payment_intent == payment.provider_reference
    return _from(transitions.refunded, *([PaymentStatus.REFUNDING] if whole else []))


def _from(transition: Transition, *statuses: PaymentStatus) -> Transition:
    """The transition, of a payment in one of these; any other stays as it is."""
    return lambda payment, now: transition(payment, now) if payment.status in statuses else None
