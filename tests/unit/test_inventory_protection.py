"""A worker with messages in hand is protected, an idle one is not, a busy one not for ever."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from inventory import bootstrap, protection
from inventory.consumer import STALLED_SECONDS
from inventory.protection import (
    HOLD_SECONDS,
    QUIET_SECONDS,
    REST_SECONDS,
    EcsAgent,
    Protection,
    RefusedError,
)
from tests.support.inventory import log_lines

PATIENCE = 5.0


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(protection, "time", SimpleNamespace(monotonic=clock.monotonic))
    monkeypatch.setattr(protection, "_LOOK_SECONDS", 0.001)
    return clock


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def work(guarded: Protection, stop: threading.Event) -> None:
    """A round with messages."""
    with guarded.round(stop), guarded.batch():
        pass


def look(guarded: Protection, stop: threading.Event) -> None:
    """A round without."""
    with guarded.round(stop):
        pass


def test_a_task_is_protected_before_its_messages_are_handled(
    clock: Clock, stop: threading.Event
) -> None:
    told: list[bool] = []
    guarded = Protection(told.append)

    look(guarded, stop)
    assert told == []
    with guarded.round(stop), guarded.batch():
        assert told == [True]


def test_batches_that_follow_each_other_ask_once(clock: Clock, stop: threading.Event) -> None:
    told: list[bool] = []
    guarded = Protection(told.append)
    for _ in range(10):
        work(guarded, stop)
        clock.now += 1

    assert told == [True]


def test_a_task_without_messages_is_released(clock: Clock, stop: threading.Event) -> None:
    told: list[bool] = []
    guarded = Protection(told.append)
    work(guarded, stop)
    clock.now += QUIET_SECONDS - 0.1
    look(guarded, stop)
    assert told == [True]
    clock.now += 0.1
    look(guarded, stop)
    assert told == [True, False]
    work(guarded, stop)

    assert told == [True, False, True]


def test_a_long_batch_stays_protected(clock: Clock, stop: threading.Event) -> None:
    told: list[bool] = []
    guarded = Protection(told.append)
    with guarded.round(stop), guarded.batch():
        clock.now += 10 * QUIET_SECONDS
        look(guarded, stop)

    assert told == [True]


def test_a_load_without_a_pause_is_interrupted_for_a_moment(
    clock: Clock, stop: threading.Event
) -> None:
    told: list[bool] = []
    guarded = Protection(told.append)
    begun = threading.Event()

    def another() -> None:
        with guarded.round(stop):
            begun.set()

    with guarded.round(stop), guarded.batch():
        clock.now += HOLD_SECONDS
        waiting = threading.Thread(target=another)
        waiting.start()
        assert not begun.wait(0.05), "no round begins while the task is to be released"
        assert told == [True], "nor is it released with messages in hand"
    assert not begun.wait(0.05)
    assert told == [True, False]
    clock.now += REST_SECONDS

    assert begun.wait(PATIENCE)
    waiting.join(PATIENCE)


def test_a_stop_ends_the_wait(clock: Clock, stop: threading.Event) -> None:
    guarded = Protection(lambda protected: None)
    with guarded.round(stop), guarded.batch():
        clock.now += HOLD_SECONDS
        stop.set()
        look(guarded, stop)


def test_where_no_agent_is_nobody_is_told_and_nothing_waits(
    clock: Clock, stop: threading.Event
) -> None:
    guarded = Protection()
    for _ in range(3):
        work(guarded, stop)
        clock.now += HOLD_SECONDS


def test_a_worker_whose_agent_does_not_answer_works_all_the_same(
    clock: Clock, stop: threading.Event
) -> None:
    def refuse(protected: bool) -> None:
        raise RefusedError("429: slow down")

    guarded = Protection(refuse)
    with log_lines() as lines:
        work(guarded, stop)

    assert [line["reason"] for line in lines] == ["429: slow down"]


@contextmanager
def agent(status: int, answer: dict[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    """An agent at an address, and what it was asked."""
    asked: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked.append((self.path, json.loads(body)))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Keep the test's output clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/api/task", asked
        server.shutdown()
        thread.join()


def test_the_agent_is_asked_as_ecs_documents_it() -> None:
    with agent(200, {"protection": {"ProtectionEnabled": True}}) as (uri, asked):
        EcsAgent(uri).protect(True)
        EcsAgent(uri).protect(False)

    path = "/api/task/task-protection/v1/state"
    assert asked == [
        (path, {"ProtectionEnabled": True, "ExpiresInMinutes": 10}),
        (path, {"ProtectionEnabled": False}),
    ]


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (400, {"error": {"Code": "AccessDeniedException"}}),
        (200, {"failure": {"Reason": "DEPLOYMENT_BLOCKED"}}),
    ],
)
def test_what_the_agent_refuses_is_an_error_that_says_so(
    status: int, answer: dict[str, Any]
) -> None:
    reason = next(iter(next(iter(answer.values())).values()))

    with agent(status, answer) as (uri, _), pytest.raises(RefusedError, match=reason):
        EcsAgent(uri).protect(True)


def test_the_worker_asks_the_agent_of_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "INVENTORY_TABLE_NAME": "table",
        "INVENTORY_QUEUE_URL": "https://queue.example/1",
        "INVENTORY_RESERVATION_TTL_SECONDS": "60",
        "INVENTORY_SWEEP_SECONDS": "60",
        "INVENTORY_HEALTH_PORT": "8080",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }.items():
        monkeypatch.setenv(name, value)
    bootstrap.worker_environment.cache_clear()
    try:
        with agent(200, {"protection": {}}) as (uri, asked):
            monkeypatch.setenv("ECS_AGENT_URI", uri)
            consumer = bootstrap.consumer(lambda message: True)
            with consumer._protection.batch():
                assert [body["ProtectionEnabled"] for _, body in asked] == [True]
    finally:
        bootstrap.worker_environment.cache_clear()


def test_a_protection_outlives_a_hold_and_its_last_batch() -> None:
    assert HOLD_SECONDS + STALLED_SECONDS < 60 * protection.EXPIRES_MINUTES
