"""The worker's handling of messages and its sweep of expired reservations."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from common.events import Envelope
from common.observability import logger
from common.queues import consume
from inventory.consumer import Message
from inventory.logic import Reservations
from inventory.models import Reservation, ReservationStatus
from inventory.worker import message_handler, sweep, sweep_until
from tests.support.inventory import (
    Clock,
    InMemoryStockStore,
    log_lines,
    order_cancelled,
    order_confirmed,
    order_event,
    order_placed,
    product,
)


@pytest.fixture(autouse=True)
def _metrics(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Storefront")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "inventory")


class World:
    def __init__(self) -> None:
        self.clock = Clock()
        self.store = InMemoryStockStore(product("mug", 5))
        held_for = timedelta(seconds=60)
        self.reservations = Reservations(self.store, held_for=held_for, clock=self.clock)
        self.handle = message_handler(self.reservations)

    def deliver(self, event: Envelope) -> bool:
        return self.handle(_message(event.encode()))


def _message(body: str) -> Message:
    return Message(message_id="m1", body=body, traceparent=None, deliveries=1, receipt="r1")


def _counted(capsys: pytest.CaptureFixture[str]) -> list[str]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [
        metric["Name"]
        for line in lines
        if "_aws" in line
        for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]
    ]


def test_each_event_is_decided_and_counted_once(capsys: pytest.CaptureFixture[str]) -> None:
    world = World()
    events = [
        order_placed("o1", {"mug": 2}),
        order_placed("o2", {"mug": 4}),
        order_confirmed("o1"),
        order_cancelled("o1"),
    ]

    assert all(world.deliver(event) for event in events for _ in range(2))

    assert _counted(capsys) == [
        "StockReserved",
        "StockRejected",
        "StockCommitted",
        "StockReleased",
    ]
    assert world.store.catalogue["mug"].available == 5


def test_a_message_that_cannot_be_handled_comes_again(capsys: pytest.CaptureFixture[str]) -> None:
    world = World()

    assert not world.deliver(order_confirmed("never-placed"))
    assert not world.handle(_message("not an event"))

    assert _counted(capsys) == ["EventsFailed", "EventsFailed"]


def test_an_event_of_another_type_is_done_with() -> None:
    assert World().deliver(order_event("OrderShipped", "o1"))


def test_log_lines_of_messages_handled_side_by_side_keep_their_own_correlation_id() -> None:
    both_inside = threading.Barrier(2)

    def handle(envelope: Envelope) -> None:
        both_inside.wait(5)
        logger.info("inside", extra={"order_id": envelope.order_id})
        both_inside.wait(5)

    def deliver(order_id: str) -> None:
        body = order_event("OrderPlaced", order_id).encode()
        consume("inventory", "m1", body, None, {"OrderPlaced": handle})
        logger.info("after", extra={"order_id": order_id})

    threads = [threading.Thread(target=deliver, args=(order_id,)) for order_id in ("o1", "o2")]
    with log_lines() as lines:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(5)

    inside = [line for line in lines if line["message"] in ("inside", "event")]
    assert len(inside) == 4
    assert all(line["correlation_id"] == f"correlation-of-{line['order_id']}" for line in inside)
    assert not any("correlation_id" in line for line in lines if line["message"] == "after")


def test_a_sweep_releases_all_that_expired(capsys: pytest.CaptureFixture[str]) -> None:
    world = World()
    world.deliver(order_placed("o1", {"mug": 2}))
    world.deliver(order_placed("o2", {"mug": 1}))
    world.clock.advance(61)
    world.deliver(order_placed("o3", {"mug": 1}))
    capsys.readouterr()

    with log_lines() as lines:
        sweep(world.reservations, threading.Event())

    assert world.store.catalogue["mug"].available == 4
    assert _counted(capsys) == ["ReservationExpired", "ReservationExpired"]
    assert [line["correlation_id"] for line in lines] == ["correlation-of-o1", "correlation-of-o2"]


def test_a_reservation_that_cannot_be_released_does_not_keep_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    world.deliver(order_placed("o1", {"mug": 2}))
    world.deliver(order_placed("o2", {"mug": 1}))
    world.clock.advance(61)
    release = world.store.release

    def release_unless_first(held: Reservation, event: Envelope) -> bool:
        if held.order_id == "o1":
            raise ConnectionError("no table")
        return release(held, event)

    monkeypatch.setattr(world.store, "release", release_unless_first)
    sweep(world.reservations, threading.Event())

    statuses = {key: held.status for key, held in world.store.reservations.items()}
    assert statuses == {"o1": ReservationStatus.RESERVED, "o2": ReservationStatus.RELEASED}


def test_a_stop_ends_a_sweep_between_two_reservations() -> None:
    world = World()
    world.deliver(order_placed("o1", {"mug": 2}))
    world.clock.advance(61)
    stop = threading.Event()
    stop.set()

    sweep(world.reservations, stop)

    assert world.store.catalogue["mug"].available == 3


def test_a_sweep_that_fails_is_followed_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    stop = threading.Event()
    sweeps: list[str] = []

    def expired() -> Iterator[Reservation]:
        sweeps.append("sweep")
        if len(sweeps) == 1:
            raise ConnectionError("no table")
        stop.set()
        return iter(())

    monkeypatch.setattr(world.reservations, "expired", expired)
    sweep_until(stop, world.reservations, 0)

    assert len(sweeps) == 2
