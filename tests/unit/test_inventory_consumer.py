"""The queue consumer: what is deleted, what comes again, how many at once, how it ends."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory import consumer
from inventory.consumer import BATCH, STALLED_SECONDS, Message, QueueConsumer, backoff_seconds
from inventory.protection import Protection

PATIENCE = 5.0


class FakeSqs:
    """A queue that answers at once when it holds a message, else after a moment with none."""

    def __init__(self, *bodies: str) -> None:
        self.waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
        for body in bodies:
            self.waiting.put(body)
        self.deleted: list[str] = []
        self.put_off: dict[str, int] = {}
        self.failures = 0

    def receive_message(self, **request: Any) -> dict[str, Any]:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("no queue")
        try:
            bodies = [self.waiting.get(timeout=0.02)]
        except queue.Empty:
            return {}
        while len(bodies) < request["MaxNumberOfMessages"] and not self.waiting.empty():
            bodies.append(self.waiting.get())
        return {"Messages": [_received(body) for body in bodies]}

    def delete_message_batch(self, **request: Any) -> dict[str, Any]:
        self.deleted += [entry["ReceiptHandle"] for entry in request["Entries"]]
        return {}

    def change_message_visibility(self, **request: Any) -> None:
        self.put_off[request["ReceiptHandle"]] = request["VisibilityTimeout"]


def _received(body: str) -> dict[str, Any]:
    return {
        "MessageId": f"id-{body}",
        "ReceiptHandle": f"receipt-{body}",
        "Body": body,
        "Attributes": {"ApproximateReceiveCount": "2"},
        "MessageAttributes": {"traceparent": {"StringValue": f"trace-{body}"}},
    }


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def _join(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in threads)


def test_a_message_is_handed_over_with_its_trace_and_count() -> None:
    handled: list[Message] = []

    def handle(message: Message) -> bool:
        handled.append(message)
        return True

    QueueConsumer(FakeSqs("a"), "queue", handle).step()

    assert handled == [
        Message(
            message_id="id-a", body="a", traceparent="trace-a", deliveries=2, receipt="receipt-a"
        )
    ]


def test_only_what_succeeded_is_deleted() -> None:
    sqs = FakeSqs("a", "bad", "c")
    QueueConsumer(sqs, "queue", lambda message: message.body != "bad").step()

    assert sqs.deleted == ["receipt-a", "receipt-c"]
    assert set(sqs.put_off) == {"receipt-bad"}


def test_nothing_is_done_when_no_message_comes() -> None:
    sqs = FakeSqs()

    QueueConsumer(sqs, "queue", lambda message: True).step()

    assert (sqs.deleted, sqs.put_off) == ([], {})


def test_nothing_is_received_after_a_stop(stop: threading.Event) -> None:
    sqs = FakeSqs("a")
    stop.set()

    _join(QueueConsumer(sqs, "queue", lambda message: True).start(stop))

    assert sqs.waiting.qsize() == 1


def test_nothing_is_received_when_the_stop_comes_while_a_round_waits(
    stop: threading.Event,
) -> None:
    class Resting(Protection):
        @contextmanager
        def round(self, stop: threading.Event) -> Iterator[None]:
            stop.set()
            yield

    sqs = FakeSqs("a")
    _join(QueueConsumer(sqs, "queue", lambda message: True, Resting()).start(stop))

    assert sqs.waiting.qsize() == 1


@given(st.integers(1, 1000))
def test_a_message_rests_longer_after_each_failure(deliveries: int) -> None:
    longest = min(600, 2 * 5 ** (deliveries - 1))
    assert longest / 2 <= backoff_seconds(deliveries) <= longest


def test_ten_messages_are_handled_side_by_side(stop: threading.Event) -> None:
    sqs = FakeSqs(*(str(number) for number in range(BATCH)))
    all_at_once = threading.Barrier(BATCH + 1)

    def handle(message: Message) -> bool:
        all_at_once.wait(PATIENCE)
        return True

    threads = QueueConsumer(sqs, "queue", handle).start(stop)
    all_at_once.wait(PATIENCE)
    stop.set()
    _join(threads)

    assert len(sqs.deleted) == BATCH == 10


def test_a_stop_waits_for_the_message_at_hand(stop: threading.Event) -> None:
    sqs = FakeSqs("a")
    begun, may_end = threading.Event(), threading.Event()

    def handle(message: Message) -> bool:
        begun.set()
        return may_end.wait(PATIENCE)

    threads = QueueConsumer(sqs, "queue", handle).start(stop)
    assert begun.wait(PATIENCE)
    stop.set()
    assert sqs.deleted == []
    may_end.set()
    _join(threads)

    assert sqs.deleted == ["receipt-a"]


def test_a_poller_that_hangs_is_told_of_until_it_goes_on(
    stop: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = [0.0]
    monkeypatch.setattr(consumer, "POLLERS", 1)
    monkeypatch.setattr(consumer, "time", SimpleNamespace(monotonic=lambda: seconds[0]))
    begun, may_end = threading.Event(), threading.Event()

    def handle(message: Message) -> bool:
        begun.set()
        return may_end.wait(PATIENCE)

    consuming = QueueConsumer(FakeSqs("a"), "queue", handle)
    threads = consuming.start(stop)
    assert begun.wait(PATIENCE)
    seconds[0] = STALLED_SECONDS
    in_time = consuming.stalled()
    seconds[0] = STALLED_SECONDS + 1
    too_late = consuming.stalled()
    may_end.set()
    end = monotonic() + PATIENCE
    while consuming.stalled() and monotonic() < end:
        stop.wait(0.01)
    recovered = consuming.stalled()
    stop.set()
    _join(threads)

    assert (in_time, too_late, recovered) == ([], ["poller-0"], [])


def test_a_queue_that_fails_is_asked_again(
    stop: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "PAUSE_SECONDS", 0)
    sqs = FakeSqs("a")
    sqs.failures = 2
    handled = threading.Event()

    def handle(message: Message) -> bool:
        handled.set()
        return True

    threads = QueueConsumer(sqs, "queue", handle).start(stop)
    assert handled.wait(PATIENCE)
    stop.set()
    _join(threads)

    assert sqs.deleted == ["receipt-a"]
