"""Live alerts: who may connect, how often, and what happens to a push."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import msgspec
import pytest

from common.clock import timestamp
from common.errors import ForbiddenError
from notifications import live
from notifications.live import LiveDesk, LiveLimits, LivePush
from notifications.models import Connection, Message
from tests.support.logs import captured_logs
from tests.support.notifications import InMemoryConnections, RecordingPusher
from tests.support.orders import START, Clock
from tests.support.payloads import CUSTOMER, OTHER_CUSTOMER

URL = "wss://live.example.com/live"
MESSAGE = Message(
    id="event-1",
    type="OrderConfirmed",
    order_id="order-1",
    text="Your order order-1 is confirmed.",
    occurred_at="2026-11-24T03:11:00.000Z",
)


class World:
    """A desk with three connections for each customer, and the push."""

    def __init__(self) -> None:
        self.store, self.pusher, self.clock = InMemoryConnections(), RecordingPusher(), Clock()
        limits = LiveLimits(ticket_lifetime=timedelta(seconds=30), connections_max=3)
        self.desk = LiveDesk(self.store, self.store, self.pusher, limits, clock=self.clock)
        self.live = LivePush(self.store, self.pusher, clock=self.clock)

    def ticket(self, customer_id: str = CUSTOMER) -> str:
        return self.desk.issue(customer_id, URL).ticket

    def connect(self, connection_id: str, customer_id: str = CUSTOMER) -> None:
        self.desk.connect(self.ticket(customer_id), connection_id)
        self.clock.advance(1)

    def settled(self, *connection_ids: str) -> None:
        for connection_id in connection_ids:
            self.connect(connection_id)
        self.clock.advance(3600)

    def reached(self) -> list[str]:
        return [connection for connection, _ in self.pusher.posted]


@pytest.fixture
def world() -> World:
    return World()


def test_a_ticket_says_where_and_for_how_long_and_is_kept_as_a_digest_only(world: World) -> None:
    ticket = world.desk.issue(CUSTOMER, URL)

    assert (ticket.expires_in, ticket.url) == (30, URL)
    assert len(ticket.ticket) >= 43, "256 bits"
    assert ticket.ticket not in str(world.store.tickets)
    assert world.ticket() != ticket.ticket


def test_a_ticket_admits_its_customer_once(world: World) -> None:
    ticket = world.ticket()
    world.desk.connect(ticket, "first")

    with pytest.raises(ForbiddenError):
        world.desk.connect(ticket, "second")

    assert world.store.open == {
        "first": Connection(
            customer_id=CUSTOMER, connection_id="first", connected_at=timestamp(START)
        )
    }


@pytest.mark.parametrize("forged", ["", "x" * 43, "x" * 10_000, "\u0000"])
def test_what_is_no_ticket_admits_nobody(world: World, forged: str) -> None:
    world.ticket()

    with pytest.raises(ForbiddenError):
        world.desk.connect(forged, "first")

    assert world.store.open == {}


@pytest.mark.parametrize(("seconds", "admitted"), [(29.9, True), (30, False)])
def test_a_ticket_ends(world: World, seconds: float, admitted: bool) -> None:
    ticket = world.ticket()
    world.clock.advance(seconds)
    with suppress(ForbiddenError):
        world.desk.connect(ticket, "first")

    assert ("first" in world.store.open) is admitted


def test_a_ticket_that_is_used_at_the_same_moment_admits_one(world: World) -> None:
    ticket = world.ticket()
    world.store.admit = lambda *given: False  # type: ignore[method-assign]

    with pytest.raises(ForbiddenError, match="at the same moment"):
        world.desk.connect(ticket, "second")

    assert world.store.open == {}


def test_the_oldest_connection_of_the_customer_ends_where_there_would_be_too_many(
    world: World,
) -> None:
    world.connect("other", OTHER_CUSTOMER)
    for number in range(5):
        world.connect(f"mine-{number}")

    assert sorted(world.store.open) == ["mine-2", "mine-3", "mine-4", "other"]
    assert world.pusher.closed == ["mine-0", "mine-1"]


def test_a_connection_that_cannot_be_closed_is_forgotten_all_the_same(world: World) -> None:
    world.pusher.down = {"mine-0"}
    for number in range(4):
        world.connect(f"mine-{number}")

    assert "mine-0" not in world.store.open
    assert "mine-3" in world.store.open


def test_a_connection_that_ends_is_forgotten_once_or_twice(world: World) -> None:
    world.connect("mine")
    world.desk.disconnect("mine")
    world.desk.disconnect("mine")

    assert world.store.open == {}


def test_every_connection_of_the_customer_gets_what_the_inbox_got_and_nobody_else(
    world: World,
) -> None:
    world.connect("other", OTHER_CUSTOMER)
    world.settled("one", "two")

    world.live.push(CUSTOMER, MESSAGE)

    assert world.reached() == ["one", "two"]
    for _, text in world.pusher.posted:
        assert msgspec.json.decode(text, type=Message) == MESSAGE


def test_a_connection_that_is_gone_is_forgotten_and_the_others_are_told(world: World) -> None:
    world.settled("one", "two")
    world.pusher.gone = {"one"}

    world.live.push(CUSTOMER, MESSAGE)

    assert sorted(world.store.open) == ["two"]
    assert world.reached() == ["two"]


def test_a_connection_that_is_being_admitted_is_not_taken_for_gone(world: World) -> None:
    world.connect("one")
    world.pusher.gone = {"one"}

    world.live.push(CUSTOMER, MESSAGE)

    assert sorted(world.store.open) == ["one"]


def test_a_connection_that_does_not_answer_stays_and_holds_up_nobody(world: World) -> None:
    world.settled("one", "two")
    world.pusher.down = {"one"}

    world.live.push(CUSTOMER, MESSAGE)

    assert sorted(world.store.open) == ["one", "two"]
    assert world.reached() == ["two"]


def test_a_store_that_does_not_answer_fails_no_event(world: World) -> None:
    world.settled("one")
    world.store.down = True

    with captured_logs() as lines:
        world.live.push(CUSTOMER, MESSAGE)

    assert [line["message"] for line in lines()] == ["connections not found"]


def test_pushes_end_when_their_time_is_over(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.settled("one", "two", "three")
    monkeypatch.setattr(live, "PUSH_SECONDS", -1.0)

    with captured_logs() as lines:
        world.live.push(CUSTOMER, MESSAGE)

    assert world.reached() == []
    assert [line["left"] for line in lines()] == [3]
