"""What payments' logic needs of the world."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from common.events import Envelope
from payments.models import Payment

Clock = Callable[[], datetime]
"""The current instant in UTC."""
Count = Callable[[str], None]
"""Counts one occurrence of a business metric of that name."""


class ProviderError(Exception):
    """The provider refuses to work for us, e.g. for a wrong key; a person must look."""


class UnknownOutcomeError(Exception):
    """The provider did not say what became of the request: it may have done it or not."""


class UnprovenError(Exception):
    """A webhook whose signature is missing, wrong or too old."""


class ChargeRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One charge; every request with the same key is the same charge.

    `amount` is in minor units. `attempt` counts the claims from 1; `started_at` is the first.
    """

    key: str
    order_id: str
    amount: int
    currency: str
    payment_token: str
    attempt: int
    started_at: datetime


class Captured(msgspec.Struct, frozen=True):
    """The money is taken; `reference` is the provider's name for the charge."""

    reference: str


class Declined(msgspec.Struct, frozen=True):
    """Nothing is taken; `reason` is a code."""

    reason: str


ChargeOutcome = Captured | Declined


class RefundRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Gives a whole charge back; every request with the same key is the same refund."""

    key: str
    order_id: str
    reference: str


class PaymentProvider(Protocol):
    """Takes money and gives it back.

    Every method raises UnknownOutcomeError without a clear answer, and ProviderError when the
    provider refuses to work for us at all.
    """

    def charge(self, request: ChargeRequest) -> ChargeOutcome:
        """Charge once, however often it is called with the same key."""
        ...

    def find(self, request: ChargeRequest) -> ChargeOutcome | None:
        """What became of the charge; None when it has not happened. Moves no money."""
        ...

    def withdraw(self, request: ChargeRequest) -> ChargeOutcome | None:
        """As `find`; and a charge that was begun is kept from happening later.

        Nobody claims the charge meanwhile or afterwards.
        """
        ...

    def refund(self, request: RefundRequest) -> bool:
        """Give all of the charge back, once; False while the money is still on its way.

        Raises ProviderError for a refund that failed, until somebody has refunded by hand.
        """
        ...


class WebhookVerifier(Protocol):
    """Tells the provider's own webhooks from all others."""

    def verify(self, body: bytes, signature: str) -> None:
        """Raises UnprovenError unless the header signs exactly this body, minutes ago at most."""
        ...


class Announcement(msgspec.Struct, frozen=True):
    """An event on its way out, with the trace it came of (W3C `traceparent`)."""

    event: Envelope
    traceparent: str | None = None


class Decision(msgspec.Struct, frozen=True):
    """What a payment becomes, and the events that tell of it."""

    after: Payment
    announcements: tuple[Announcement, ...] = ()


Decide = Callable[[Payment], Decision | None]
"""Decides on the payment as it is now; None leaves it. It may be called again: no effects."""


class Moved(msgspec.Struct, frozen=True):
    """A payment before and after; the same when nothing was decided or the event was seen."""

    before: Payment
    after: Payment
    announcements: tuple[Announcement, ...] = ()


class PaymentReader(Protocol):
    """Reads payments; raises UnavailableError when the ledger does not answer."""

    def payment(self, order_id: str) -> Payment | None:
        """The order's payment."""
        ...


class Ledger(PaymentReader, Protocol):
    """Payments, the events seen, and the outbox. Each method is one commit.

    Methods raise UnavailableError when the ledger does not answer.
    """

    def record(self, event_id: str, fresh: Payment, decide: Decide) -> Moved:
        """Decide, once per event, on the payment of `fresh.order_id`, which is `fresh` if new."""
        ...

    def hear(self, event_id: str, event_type: str, order_id: str, decide: Decide) -> Moved:
        """As `settle`, once per event of the provider: later it changes nothing."""
        ...

    def settle(self, order_id: str, decide: Decide) -> Moved:
        """Decide on a payment that exists; raises LookupError for one that does not."""
        ...

    def unsettled(self, stale_before: datetime, limit: int) -> Sequence[Payment]:
        """At most `limit` UNKNOWN payments and claims made before `stale_before`, in any order."""
        ...

    def unpublished(self, before: datetime, limit: int) -> Sequence[Announcement]:
        """Announcements that were made before that instant and not marked, oldest first."""
        ...

    def mark_published(self, event_ids: Sequence[str], moment: datetime) -> None:
        """Remember that the topic has these events."""
        ...

    def forget(self, before: datetime, limit: int) -> int:
        """Remove at most `limit` each of what was seen, heard and published before that.

        Gives how many were removed.
        """
        ...


class Publisher(Protocol):
    """The shop's topic."""

    def publish(self, announcement: Announcement) -> None:
        """Hand it over; raises when the topic has not accepted it."""
        ...
