"""How events leave an outbox: published first, marked second, each on its own, side by side.

What crashes between the two is published again: consumers recognise an event by its id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, wait
from datetime import datetime, timedelta
from itertools import islice

import msgspec

from common.clock import parse_timestamp
from common.events import decode_envelope
from common.observability import correlated, current_traceparent, logger, span
from relay.models import OutboxEntry
from relay.ports import EventTopic, Outbox

SWEEP_CHUNK = 100
SWEEP_MAX = 2000


class RelayError(RuntimeError):
    """Events that are still in the outbox; they will be tried again."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How many events were published and marked, and why others were not."""

    relayed: int = 0
    failures: tuple[BaseException, ...] = ()

    def __add__(self, other: Outcome) -> Outcome:
        return Outcome(
            relayed=self.relayed + other.relayed, failures=self.failures + other.failures
        )

    def require_all(self) -> None:
        """Raises RelayError, from the first reason, when any event was not relayed."""
        if self.failures:
            count = len(self.failures)
            raise RelayError(
                f"{count} of {count + self.relayed} events are still in the outbox: "
                f"{self.failures[0]}"
            ) from self.failures[0]


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
        errors = [future.exception() for future in futures]
        failures = tuple(error for error in errors if error is not None)
        return Outcome(relayed=len(errors) - len(failures), failures=failures)

    def sweep(self) -> tuple[Outcome, int]:
        """Relay what has waited longer than the grace, oldest first, `SWEEP_MAX` at most.

        The second value is the age of the oldest of them, in seconds, 0 when there is none. Stops
        early when nothing gets through.
        """
        now = self._clock()
        waiting = islice(self._outbox.unpublished(now - self._grace), SWEEP_MAX)
        outcome, oldest = Outcome(), 0
        for chunk in _chunks(waiting):
            oldest = oldest or _age_seconds(chunk[0], now)
            step = self.relay(chunk)
            outcome += step
            if not step.relayed:
                break
        return outcome, oldest

    def _relay_one(self, entry: OutboxEntry) -> None:
        event = decode_envelope(entry.event)
        with correlated(event.correlation_id):
            with span("relay publish", traceparent=entry.traceparent, event_id=event.id):
                self._topic.publish(event, current_traceparent())
            self._outbox.mark_published(entry)
            about = {"type": event.type, "event_id": event.id, "order_id": event.order_id}
            logger.info("event relayed", extra=about)


def _chunks(entries: Iterator[OutboxEntry]) -> Iterator[list[OutboxEntry]]:
    while chunk := list(islice(entries, SWEEP_CHUNK)):
        yield chunk


def _age_seconds(entry: OutboxEntry, now: datetime) -> int:
    return int((now - parse_timestamp(entry.occurred_at)).total_seconds())
