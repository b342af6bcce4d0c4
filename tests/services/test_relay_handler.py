"""The relay's function on emulated AWS: what is published, what is marked, what is raised."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from common.env import ConfigurationError
from common.events import decode_envelope
from common.outbox import outbox_item
from relay import bootstrap, handler
from relay.logic import RelayError
from tests.support.faults import refused
from tests.support.logs import captured_logs
from tests.support.payloads import TRACEPARENT, schedule_event
from tests.support.relay import (
    GRACE_SECONDS,
    OutboxWorld,
    outbox_world,
    stream_event,
    stream_record,
    waiting_event,
)

OLD = 2 * GRACE_SECONDS


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[OutboxWorld]:
    with outbox_world(monkeypatch) as running:
        yield running


def emitted(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The values of the metrics that were emitted."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (metrics,) = [line for line in lines if "_aws" in line]
    names = [metric["Name"] for metric in metrics["_aws"]["CloudWatchMetrics"][0]["Metrics"]]
    return {name: metrics[name] for name in names}


def test_a_batch_is_published_and_marked(
    world: OutboxWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    events = [waiting_event() for _ in range(25)]
    world.write(*events)

    assert world.stream(*events) == {"relayed": 25}

    assert sorted(world.heard()) == sorted(event.id for event in events)
    assert world.waiting() == set()
    assert emitted(capsys) == {"EventsRelayed": [25.0]}


def test_an_event_arrives_whole_with_the_attributes_that_filters_read(world: OutboxWorld) -> None:
    event = waiting_event()
    item = outbox_item(event) | {"traceparent": {"S": TRACEPARENT}}
    world.dynamodb.put_item(TableName="orders", Item=item)

    handler.handle({"Records": [stream_record(item)]}, None)

    (message,) = world.heard_messages()
    attributes = {
        name: (value["DataType"], value["StringValue"])
        for name, value in message["MessageAttributes"].items()
    }
    _, trace_id, _, flags = attributes.pop("traceparent")[1].split("-")
    assert decode_envelope(message["Body"]) == event
    assert attributes == {"type": ("String", "OrderPlaced"), "version": ("Number", "1")}
    assert (trace_id, flags) == (TRACEPARENT.split("-")[1], TRACEPARENT.split("-")[3])


def test_a_published_event_is_kept_for_a_week(world: OutboxWorld) -> None:
    event = waiting_event()
    world.write(event)
    world.stream(event)

    item = world.item(event)
    assert item is not None
    left = datetime.fromtimestamp(item["expires_at"], UTC) - datetime.now(UTC)
    assert timedelta(days=7) - timedelta(minutes=1) < left <= timedelta(days=7)
    assert "unpublished" not in item


def test_nothing_but_inserted_outbox_items_is_published(world: OutboxWorld) -> None:
    image = outbox_item(waiting_event())
    records = [
        stream_record(image, name="MODIFY"),
        {"eventName": "REMOVE", "dynamodb": {"Keys": {"pk": image["pk"], "sk": image["sk"]}}},
        stream_record({**image, "kind": {"S": "order"}}),
        stream_record({key: value for key, value in image.items() if key != "kind"}),
    ]
    assert handler.handle({"Records": records}, None) == {"relayed": 0}
    assert world.heard() == []


def test_a_redelivered_batch_is_published_again_and_is_no_error(world: OutboxWorld) -> None:
    event = waiting_event()
    world.write(event)
    world.stream(event)
    assert world.stream(event) == {"relayed": 1}
    assert world.heard() == [event.id] * 2
    assert world.waiting() == set()


def test_an_event_whose_item_is_gone_is_published_and_not_brought_back(
    world: OutboxWorld,
) -> None:
    event = waiting_event()
    assert world.stream(event) == {"relayed": 1}
    assert world.heard() == [event.id]
    assert world.item(event) is None


def test_a_refused_event_fails_the_batch_and_stays_unpublished(
    world: OutboxWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    events = [waiting_event() for _ in range(3)]
    world.write(*events)

    def is_second(request: dict[str, Any]) -> bool:
        return events[1].id in request["Message"]

    with (
        refused(world.sns, "sns.Publish", "AuthorizationError", status=403, only=is_second),
        pytest.raises(RelayError, match=r"1 of 3 events are still in the outbox.*Publish"),
    ):
        world.stream(*events)

    assert world.waiting() == {events[1].id}
    assert emitted(capsys) == {"EventsRelayed": [2.0]}


def test_a_mark_that_fails_fails_the_batch_and_leaves_the_event_to_be_sent_again(
    world: OutboxWorld,
) -> None:
    event = waiting_event(age_seconds=OLD)
    world.write(event)
    with (
        refused(world.dynamodb, "dynamodb.UpdateItem", "AccessDeniedException"),
        pytest.raises(RelayError, match="AccessDenied"),
    ):
        world.stream(event)

    assert handler.handle(schedule_event(), None) == {"relayed": 1}

    assert world.heard() == [event.id] * 2
    assert world.waiting() == set()


def test_the_sweep_publishes_what_the_stream_forgot(
    world: OutboxWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    forgotten = [waiting_event(age_seconds=OLD + age) for age in (0, 20, 10)]
    recent = waiting_event()
    world.write(*forgotten, recent)

    assert handler.handle(schedule_event(), None) == {"relayed": 3}

    assert world.heard() == [forgotten[at].id for at in (1, 2, 0)]
    assert world.waiting() == {recent.id}
    metrics = emitted(capsys)
    assert metrics["EventsRelayed"] == [3.0]
    assert OLD + 20 <= metrics["OldestUnpublishedSeconds"][0] < OLD + 80


def test_the_sweep_reads_page_after_page(
    world: OutboxWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relay.store.PAGE", 2)
    events = [waiting_event(age_seconds=OLD) for _ in range(5)]
    world.write(*events)
    assert handler.handle(schedule_event(), None) == {"relayed": 5}
    assert world.waiting() == set()


def test_a_sweep_with_nothing_to_do_reports_that_nothing_waits(
    world: OutboxWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    world.write(waiting_event())
    assert handler.handle(schedule_event(), None) == {"relayed": 0}
    assert emitted(capsys) == {"EventsRelayed": [0.0], "OldestUnpublishedSeconds": [0.0]}


@pytest.mark.parametrize("content", [{"N": "1"}, {"B": b"?"}, {"M": {}}, {"S": "{}"}, None])
def test_an_item_that_holds_no_event_stays_for_the_sweep_and_holds_up_nothing(
    world: OutboxWorld, content: dict[str, Any] | None
) -> None:
    whole, broken = waiting_event(age_seconds=OLD), waiting_event(age_seconds=OLD + 10)
    item = outbox_item(broken)
    item = item | {"event": content} if content else {k: v for k, v in item.items() if k != "event"}
    world.dynamodb.put_item(TableName="orders", Item=item)
    world.write(whole)

    with captured_logs() as lines:
        records = [stream_record(item), stream_record(outbox_item(whole))]
        assert handler.handle({"Records": records}, None) == {"relayed": 1}
    (line,) = [line for line in lines() if line["level"] == "ERROR"]
    assert broken.id in line["reason"]

    with pytest.raises(RelayError, match=rf"1 of 1 .*{broken.id}"):
        handler.handle(schedule_event(), None)
    assert world.heard() == [whole.id]


def test_an_event_that_the_topic_refuses_for_its_content_does_not_fail_the_batch(
    world: OutboxWorld,
) -> None:
    event = waiting_event(age_seconds=OLD)
    world.write(event)
    with refused(world.sns, "sns.Publish", "InvalidParameter", status=400):
        assert world.stream(event) == {"relayed": 0}
        with pytest.raises(RelayError, match="is refused"):
            handler.handle(schedule_event(), None)
    assert world.waiting() == {event.id}


def test_a_sweep_that_cannot_publish_is_an_error(world: OutboxWorld) -> None:
    event = waiting_event(age_seconds=OLD)
    world.write(event)
    with refused(world.sns, "sns.Publish", "InternalError"), pytest.raises(RelayError):
        handler.handle(schedule_event(), None)
    assert world.waiting() == {event.id}


def test_each_relayed_event_is_logged_with_its_correlation_id(world: OutboxWorld) -> None:
    event = waiting_event()
    world.write(event)
    with captured_logs() as lines:
        world.stream(event)
    (line,) = [line for line in lines() if line.get("message") == "event relayed"]
    assert (line["event_id"], line["type"]) == (event.id, "OrderPlaced")
    assert line["correlation_id"] == "correlation-1"


def test_nothing_is_asked_of_aws_before_the_event_is_published(world: OutboxWorld) -> None:
    event = waiting_event()
    world.write(event)
    asked: list[str] = []

    def note(model: Any, **context: Any) -> None:
        asked.append(model.name)

    for client in (world.sns, world.dynamodb):
        client.meta.events.register("before-call", note)
    handler.handle(stream_event(event), None)
    assert asked == ["Publish", "UpdateItem"]


def test_a_missing_variable_is_named(world: OutboxWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RELAY_TABLE_NAME")
    with pytest.raises(ConfigurationError, match="relay_table_name"):
        bootstrap.relay()
