"""The sweeper: settles what nobody settled, publishes what nobody published, forgets the old."""

from __future__ import annotations

import math
import time
from datetime import timedelta

import msgspec

from common.observability import correlated, logger
from payments import transitions
from payments.announcing import Announcer
from payments.logic import Payments, charge_request
from payments.models import Payment, PaymentStatus
from payments.ports import Clock, Ledger, PaymentProvider, UnknownOutcomeError

SETTLED_PER_RUN = 200
FORGOTTEN_PER_RUN = 1000
MEMORY = timedelta(days=30)
"""How long events are known again: twice as long as a queue can hold a message."""
PATIENCE = 3
"""After so many calls in a row without a clear answer the provider is left alone until the next
run. A payment that fails says nothing about the provider, and does not count.
"""

PAYMENT_SECONDS = 45.0
"""Time that must be left to begin one more payment: each call the provider may take, and more."""


class Swept(msgspec.Struct, frozen=True, kw_only=True):
    """What a run did: payments settled, still unclear and failed; events that left and stay,
    and how old the oldest of them was.
    """

    settled: int
    unclear: int
    failed: int
    published: int
    unpublished: int
    oldest_seconds: int
    forgotten: int


class Sweeper:
    """Reconciles with the provider under the same keys. Two runs at once do no harm."""

    def __init__(
        self,
        ledger: Ledger,
        provider: PaymentProvider,
        payments: Payments,
        announcer: Announcer,
        *,
        clock: Clock,
        stale_after: timedelta,
    ) -> None:
        self._ledger = ledger
        self._provider = provider
        self._payments = payments
        self._announcer = announcer
        self._clock = clock
        self._stale_after = stale_after

    def sweep(self, deadline: float = math.inf) -> Swept:
        """One run. A payment that fails, or does not fit before the deadline, is left for the next.

        `deadline` is on `time.monotonic`'s clock.
        """
        remaining = self._announcer.announce_remaining()
        settled, unclear, failed = self._settle(deadline)
        forgotten = self._ledger.forget(self._clock() - MEMORY, FORGOTTEN_PER_RUN)
        return Swept(
            settled=settled,
            unclear=unclear,
            failed=failed,
            published=remaining.published,
            unpublished=remaining.unpublished,
            oldest_seconds=remaining.oldest_seconds,
            forgotten=forgotten,
        )

    def _settle(self, deadline: float) -> tuple[int, int, int]:
        settled = unclear = failed = in_a_row = 0
        waiting = self._ledger.unsettled(self._clock() - self._stale_after, SETTLED_PER_RUN)
        for payment in waiting:
            if in_a_row == PATIENCE or time.monotonic() > deadline - PAYMENT_SECONDS:
                break
            try:
                with correlated(payment.correlation_id):
                    done = self._reconcile(payment)
            except UnknownOutcomeError:
                unclear += 1
                in_a_row += 1
            except Exception:
                logger.exception("not reconciled", extra={"order_id": payment.order_id})
                failed += 1
            else:
                settled += done
                unclear += not done
                in_a_row = 0
        return settled, unclear, failed

    def _reconcile(self, payment: Payment) -> bool:
        refunding = payment.status is PaymentStatus.REFUNDING
        after = self._refund_again(payment) if refunding else self._look_up(payment)
        return after.status not in transitions.UNSETTLED

    def _refund_again(self, payment: Payment) -> Payment:
        return self._payments.move(
            payment.order_id, payment.correlation_id, transitions.refund_retried(payment)
        )

    def _look_up(self, payment: Payment) -> Payment:
        request = charge_request(payment)
        ask = self._provider.withdraw if payment.cancel_requested else self._provider.find
        outcome = ask(request)
        if outcome is not None:
            return self._payments.settle_charge(payment, outcome)
        return self._payments.move(
            payment.order_id, payment.correlation_id, transitions.not_charged(payment)
        )
