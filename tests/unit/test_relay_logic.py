"""In which order an event leaves its outbox, and what one that fails does to the others."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import msgspec
import pytest

from common.clock import timestamp
from common.events import Envelope, decode_envelope
from relay.logic import SWEEP_CHUNK, SWEEP_MAX, Outcome, Relay, RelayError
from relay.models import OutboxEntry, UndeliverableError
from tests.support.payloads import TRACEPARENT
from tests.support.relay import waiting_event

NOW = datetime(2026, 11, 24, 3, 11, tzinfo=UTC)
GRACE = timedelta(seconds=60)


def entry(age_seconds: int = 0, *, event: str | None = None) -> OutboxEntry:
    envelope = waiting_event()
    return OutboxEntry(
        pk=f"OUTBOX#{envelope.id}",
        sk="EVENT",
        occurred_at=timestamp(NOW - timedelta(seconds=age_seconds)),
        event=envelope.encode() if event is None else event,
        traceparent=TRACEPARENT,
    )


class World:
    """An outbox and a topic that note what happens in one list."""

    def __init__(self) -> None:
        self.waiting: list[OutboxEntry] = []
        self.happened: list[tuple[str, str]] = []
        self.traceparents: list[str | None] = []
        self.refused_by_topic: set[str] = set()
        self.refused_by_outbox: set[str] = set()
        self.read = 0

    def unpublished(self, before: datetime) -> Iterator[OutboxEntry]:
        due = [entry for entry in self.waiting if entry.occurred_at < timestamp(before)]
        for entry_ in sorted(due, key=lambda entry: entry.occurred_at):
            self.read += 1
            yield entry_

    def mark_published(self, entry: OutboxEntry) -> None:
        if entry.pk in self.refused_by_outbox:
            raise TimeoutError("outbox")
        self.happened.append(("marked", entry.pk))

    def publish(self, event: Envelope, traceparent: str | None) -> None:
        key = f"OUTBOX#{event.id}"
        if key in self.refused_by_topic:
            raise TimeoutError("topic")
        self.traceparents.append(traceparent)
        self.happened.append(("published", key))

    def published(self) -> list[str]:
        return [key for what, key in self.happened if what == "published"]


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def relay(world: World) -> Iterator[Relay]:
    with ThreadPoolExecutor(1) as executor:
        yield Relay(world, world, executor=executor, clock=lambda: NOW, grace=GRACE)


def test_an_event_is_marked_only_after_the_topic_has_it(world: World, relay: Relay) -> None:
    waiting = entry()
    assert relay.relay([waiting]) == Outcome(relayed=1)
    assert world.happened == [("published", waiting.pk), ("marked", waiting.pk)]


def test_an_event_that_the_topic_refuses_is_not_marked(world: World, relay: Relay) -> None:
    waiting = entry()
    world.refused_by_topic = {waiting.pk}
    outcome = relay.relay([waiting])
    assert (outcome.relayed, [str(error) for error in outcome.failures]) == (0, ["topic"])
    assert world.happened == []


def test_an_event_that_fails_holds_up_none_of_its_batch(world: World, relay: Relay) -> None:
    entries = [entry() for _ in range(3)]
    world.refused_by_topic = {entries[0].pk}
    world.refused_by_outbox = {entries[1].pk}
    outcome = relay.relay(entries)
    assert (outcome.relayed, len(outcome.failures)) == (1, 2)
    assert world.published() == [entries[1].pk, entries[2].pk]
    assert ("marked", entries[2].pk) in world.happened


@pytest.mark.parametrize("event", ["{}", "{", ""])
def test_an_entry_that_holds_no_event_fails_alone_and_is_named(
    world: World, relay: Relay, event: str
) -> None:
    broken, whole = entry(event=event), entry()
    outcome = relay.relay([broken, whole])
    (reason,) = outcome.undeliverable
    assert broken.pk in str(reason)
    assert (outcome.relayed, outcome.failures) == (1, ())
    assert world.published() == [whole.pk]


def test_the_trace_of_the_request_goes_on_behind_the_relay(world: World, relay: Relay) -> None:
    relay.relay([entry()])
    (carried,) = world.traceparents
    assert carried is not None
    version, trace_id, span_id, _ = carried.split("-")
    assert (version, trace_id) == tuple(TRACEPARENT.split("-")[:2])
    assert span_id != TRACEPARENT.split("-")[2]


def test_the_envelope_travels_unchanged() -> None:
    event = waiting_event()
    assert decode_envelope(event.encode()).encode() == event.encode()


def test_nothing_to_relay_is_fine(world: World, relay: Relay) -> None:
    assert relay.relay([]) == Outcome()
    Outcome().require_all()


def test_any_failure_is_an_error_that_says_how_many_and_why() -> None:
    outcome = Outcome(relayed=2, failures=(TimeoutError("topic is slow"),))
    with pytest.raises(RelayError, match="1 of 3 events are still in the outbox: topic is slow"):
        outcome.require_all()


def test_another_try_is_asked_for_only_where_it_could_help() -> None:
    hopeless = Outcome(undeliverable=(UndeliverableError("no event"),))
    hopeless.require_all(but_undeliverable=True)
    with pytest.raises(RelayError, match="1 of 1 events are still in the outbox: no event"):
        hopeless.require_all()
    with pytest.raises(RelayError, match="1 of 2 events are still in the outbox: slow"):
        (hopeless + Outcome(failures=(TimeoutError("slow"),))).require_all(but_undeliverable=True)


def test_a_sweep_takes_what_is_older_than_the_grace_oldest_first(
    world: World, relay: Relay
) -> None:
    world.waiting = [entry(61), entry(3600), entry(60), entry(0), entry(90)]
    outcome, oldest_seconds = relay.sweep()
    assert (outcome, oldest_seconds) == (Outcome(relayed=3), 3600)
    assert world.published() == [world.waiting[at].pk for at in (1, 4, 0)]


def test_a_sweep_that_finds_nothing_says_so(relay: Relay) -> None:
    assert relay.sweep() == (Outcome(), 0)


def test_a_sweep_is_bounded(world: World, relay: Relay) -> None:
    world.waiting = [entry(100) for _ in range(SWEEP_MAX + 1)]
    outcome, _ = relay.sweep()
    assert outcome.relayed == SWEEP_MAX


def test_one_event_that_cannot_leave_does_not_keep_the_sweep_from_the_rest(
    world: World, relay: Relay
) -> None:
    world.waiting = [entry(1000 - age) for age in range(SWEEP_CHUNK + 10)]
    world.refused_by_topic = {world.waiting[0].pk}
    outcome, _ = relay.sweep()
    assert (outcome.relayed, len(outcome.failures)) == (SWEEP_CHUNK + 9, 1)


def test_a_sweep_ends_early_when_nothing_gets_through(world: World, relay: Relay) -> None:
    world.waiting = [entry(100) for _ in range(3 * SWEEP_CHUNK)]
    world.refused_by_topic = {waiting.pk for waiting in world.waiting}
    outcome, _ = relay.sweep()
    assert (outcome.relayed, len(outcome.failures), world.read) == (0, SWEEP_CHUNK, SWEEP_CHUNK)


def test_a_sweep_goes_on_behind_any_number_of_items_that_hold_no_event(
    world: World, relay: Relay
) -> None:
    broken = [entry(7200, event="{}") for _ in range(SWEEP_CHUNK)]
    world.waiting = [*broken, entry(100)]
    outcome, oldest_seconds = relay.sweep()
    assert (outcome.relayed, len(outcome.undeliverable)) == (1, SWEEP_CHUNK)
    assert oldest_seconds == 7200


@pytest.mark.parametrize("when", ["", "0", "2026-01-01"])
def test_a_sweep_tells_the_age_of_the_oldest_that_has_one(
    world: World, relay: Relay, when: str
) -> None:
    world.waiting = [msgspec.structs.replace(entry(), occurred_at=when), entry(100)]
    assert relay.sweep()[1] == 100


def test_events_are_published_side_by_side() -> None:
    """Each waits for the other to be on its way: one after another, neither would come back."""
    world = World()
    arrived = [entry(), entry()]
    both_on_their_way = Barrier(2, timeout=10)

    class PatientTopic:
        def publish(self, event: Envelope, traceparent: str | None) -> None:
            both_on_their_way.wait()

    with ThreadPoolExecutor(2) as executor:
        relay = Relay(world, PatientTopic(), executor=executor, clock=lambda: NOW, grace=GRACE)
        assert relay.relay(arrived) == Outcome(relayed=2)
