"""The queue edge: which records of a batch come back."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from common.events import Envelope, EventData, new_event
from common.observability import current_traceparent, logger, metrics
from common.queues import queue_handler
from tests.support.logs import captured_logs
from tests.support.payloads import TRACEPARENT, sqs_event, sqs_record

MOMENT = datetime(2026, 11, 24, 3, 11, tzinfo=UTC)


class MugSold(EventData, frozen=True, kw_only=True):
    """An event of nobody's."""

    pieces: int = 1


def _event(correlation_id: str = "correlation-1") -> Envelope:
    return new_event(MugSold(), occurred_at=MOMENT, correlation_id=correlation_id)


def _failing(*correlation_ids: str) -> Callable[[Envelope], None]:
    def handle(event: Envelope) -> None:
        if event.correlation_id in correlation_ids:
            raise RuntimeError("no luck")

    return handle


@pytest.fixture(autouse=True)
def namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics.provider, "namespace", "Storefront")


def test_a_batch_that_was_handled_gives_nothing_back() -> None:
    handled: list[Envelope] = []
    handle = queue_handler("test", {"MugSold": handled.append})
    events = [_event(), _event()]

    assert handle(sqs_event(*events), None) == {"batchItemFailures": []}
    assert [event.id for event in handled] == [event.id for event in events]


def test_only_the_failed_record_is_retried() -> None:
    handle = queue_handler("test", {"MugSold": _failing("bad")})
    batch = sqs_event(
        sqs_record(_event("good"), message_id="1"),
        sqs_record(_event("bad"), message_id="2"),
        sqs_record(_event("good"), message_id="3"),
    )

    assert handle(batch, None) == {"batchItemFailures": [{"itemIdentifier": "2"}]}


class Invocation:
    """Lambda's context, as far as it is used."""

    def __init__(self, left_ms: int) -> None:
        self._left_ms = left_ms

    def get_remaining_time_in_millis(self) -> int:
        return self._left_ms


def test_what_there_is_no_time_for_goes_back_unbegun() -> None:
    handled: list[str] = []
    handle = queue_handler("test", {"MugSold": lambda event: handled.append(event.correlation_id)})
    batch = sqs_event(*(sqs_record(_event(name), message_id=name) for name in ("1", "2", "3")))

    in_time = handle(batch, Invocation(left_ms=60_000))
    late = handle(batch, Invocation(left_ms=4_000))

    assert in_time == {"batchItemFailures": []}
    assert late == {"batchItemFailures": [{"itemIdentifier": "2"}, {"itemIdentifier": "3"}]}
    assert handled == ["1", "2", "3", "1"]


def test_what_was_received_most_often_comes_first() -> None:
    handled: list[str] = []
    handle = queue_handler("test", {"MugSold": lambda event: handled.append(event.correlation_id)})

    handle(
        sqs_event(
            *(
                sqs_record(_event(f"received {receives} times"), receives=receives)
                for receives in (1, 4, 10)
            )
        ),
        None,
    )

    assert handled == ["received 10 times", "received 4 times", "received 1 times"]


@pytest.mark.parametrize("body", ["", "text", "{}", "[" * 20000])
def test_a_message_that_is_no_event_fails_alone(body: str) -> None:
    handle = queue_handler("test", {"MugSold": _failing()})
    batch = sqs_event(sqs_record(body, message_id="1"), sqs_record(_event(), message_id="2"))

    assert handle(batch, None) == {"batchItemFailures": [{"itemIdentifier": "1"}]}


def test_a_type_without_a_handler_is_taken_and_logged() -> None:
    handle = queue_handler("test", {})

    with captured_logs() as logged:
        assert handle(sqs_event(_event()), None) == {"batchItemFailures": []}

    (line,) = logged()
    assert (line["message"], line["type"]) == ("event type has no handler", "MugSold")


def test_a_failure_is_logged_with_what_finds_it_again() -> None:
    handle = queue_handler("test", {"MugSold": _failing("bad")})
    event = _event("bad")

    with captured_logs() as logged:
        handle(sqs_event(sqs_record(event, message_id="message-1")), None)

    (line,) = logged()
    assert (line["level"], line["correlation_id"]) == ("ERROR", "bad")
    assert (line["event_id"], line["message_id"]) == (event.id, "message-1")


def test_an_events_correlation_id_is_on_its_own_log_lines_only() -> None:
    handle = queue_handler("test", {"MugSold": lambda event: logger.info("sold")})

    with captured_logs() as logged:
        handle(sqs_event(_event("first"), _event("second")), None)
        logger.info("afterwards")

    sold = [line["correlation_id"] for line in logged() if line["message"] == "sold"]
    assert sold == ["first", "second"]
    assert "correlation_id" not in logged()[-1]


def test_an_event_is_handled_in_the_trace_that_sent_it() -> None:
    traces: list[str | None] = []
    handle = queue_handler("test", {"MugSold": lambda event: traces.append(current_traceparent())})

    handle(sqs_event(sqs_record(_event(), traceparent=TRACEPARENT), _event()), None)

    followed, fresh = traces
    assert followed is not None
    assert fresh is not None
    assert followed.split("-")[1] == TRACEPARENT.split("-")[1] != fresh.split("-")[1]


def test_failures_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    handle = queue_handler("test", {"MugSold": _failing("bad")})

    handle(sqs_event(_event("bad"), _event("good"), _event("bad")), None)

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["EventsFailed"] for line in lines if "EventsFailed" in line] == [[2.0]]
