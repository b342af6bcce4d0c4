"""How events leave an outbox: published first, marked second, each on its own, side by side.

What crashes between the two is published again: consumers recognise an event by its id. What can
never be published stays in the outbox and holds up nothing: a stream's batch is not retried for it,
and every sweep fails until somebody has mended it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, wait
from datetime import datetime, timedelta
from itertools import islice

import msgspec

from common.clock import parse_timestamp
from common.events import Envelope, decode_envelope
from common.observability import correlated, current_traceparent, logger, span
from relay.models import OutboxEntry, UndeliverableError
from relay.ports import EventTopic, Outbox

SWEEP_CHUNK = 100
SWEEP_MAX = 2000


class RelayError(RuntimeError):
    """Events that are still in the outbox; they will be tried again."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How many events were published and marked, and why others were not.

    `undeliverable` are those whose content is at fault.
    """

    relayed: int = 0
    failures: tuple[BaseException, ...] = ()
    undeliverable: tuple[UndeliverableError, ...] = ()

    def __add__(self, other: Outcome) -> Outcome:
        return Outcome(
            relayed=self.relayed + other.relayed,
            failures=self.failures + other.failures,
            undeliverable=self.undeliverable + other.undeliverable,
        )

    def require_all(self, *, but_undeliverable: bool = False) -> None:
        """Raises RelayError, from the first reason, when any event was not relayed.

        With `but_undeliverable` only when another try could help.
        """
        left = self.failures if but_undeliverable else (*self.failures, *self.undeliverable)
        if left:
            tried = self.relayed + len(self.failures) + len(self.undeliverable)
            raise RelayError(
                f"{len(left)} of {tried} events are still in the outbox: {left[0]}"
            ) from left[0]


class Relay:
    """Moves events from one outbox to the topic."""

    def __init__(
        self,
        outbox: Outbox,
        topic: EventTopic,
        *,
        executor: Executor,
        clock: Callable[[], datetime],
        grace: timedelta,
    ) -> None:
        self._outbox = outbox
        self._topic = topic
        self._executor = executor
        self._clock = clock
        self._grace = grace

    def relay(self, entries: Iterable[OutboxEntry]) -> Outcome:
        """Publish and mark each entry; one that fails keeps none of the others."""
        futures = [self._executor.submit(self._relay_one, entry) for entry in entries]
        wait(futures)
        errors = [error for future in futures if (error := future.exception())]
        undeliverable = tuple(error for error in errors if isinstance(error, UndeliverableError))
        for error in undeliverable:
            logger.error("event is undeliverable", extra={"reason": str(error)})
        return Outcome(
            relayed=len(futures) - len(errors),
            failures=tuple(error for error in errors if error not in undeliverable),
            undeliverable=undeliverable,
        )

    def sweep(self) -> tuple[Outcome, int]:
        """Relay what has waited longer than the grace, oldest first, `SWEEP_MAX` at most.

        The second value is the age of the oldest of them, in seconds, 0 when there is none. Stops
        early when nothing gets through and content is not why.
        """
        now = self._clock()
        waiting = islice(self._outbox.unpublished(now - self._grace), SWEEP_MAX)
        outcome, oldest = Outcome(), 0
        for chunk in _chunks(waiting):
            oldest = oldest or max(_age_seconds(entry, now) for entry in chunk)
            step = self.relay(chunk)
            outcome += step
            if not step.relayed and not step.undeliverable:
                break
        return outcome, oldest

    def _relay_one(self, entry: OutboxEntry) -> None:
        event = _event_of(entry)
        with correlated(event.correlation_id):
            with span("relay publish", traceparent=entry.traceparent, event_id=event.id):
                self._topic.publish(event, current_traceparent())
            self._outbox.mark_published(entry)
            about = {"type": event.type, "event_id": event.id, "order_id": event.order_id}
            logger.info("event relayed", extra=about)


def _event_of(entry: OutboxEntry) -> Envelope:
    try:
        return decode_envelope(entry.event)
    except msgspec.MsgspecError as error:
        raise UndeliverableError(f"{entry.pk} holds no event: {error}") from error


def _chunks(entries: Iterator[OutboxEntry]) -> Iterator[list[OutboxEntry]]:
    while chunk := list(islice(entries, SWEEP_CHUNK)):
        yield chunk


def _age_seconds(entry: OutboxEntry, now: datetime) -> int:
    try:
        return int((now - parse_timestamp(entry.occurred_at)).total_seconds())
    except (TypeError, ValueError):
        return 0
