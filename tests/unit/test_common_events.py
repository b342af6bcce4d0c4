"""The event envelope, the clock it is stamped with, and the outbox item it leaves by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import ClassVar

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.clock import new_id, now, parse_timestamp, timestamp
from common.dynamo import from_item
from common.events import EventData, decode_data, decode_envelope, new_event
from common.observability import span
from common.outbox import outbox_item, outbox_put
from common.publishing import publish
from tests.support.payloads import TRACEPARENT
from tests.support.properties import repeatable

MOMENT = datetime(2026, 11, 24, 3, 11, 0, 123456, tzinfo=UTC)


class MugSold(EventData, frozen=True, kw_only=True):
    """An event of nobody's."""

    pieces: int


class MugBroken(EventData, frozen=True, kw_only=True):
    """An event in its second version."""

    version: ClassVar[int] = 2
    pieces: int


class Pieces(msgspec.Struct):
    """What a consumer reads of it."""

    pieces: int


def test_an_event_says_what_it_is_and_whence_it_came() -> None:
    event = new_event(
        MugSold(pieces=3),
        occurred_at=MOMENT,
        correlation_id="correlation-1",
        order_id="order-1",
        customer_id="customer-1",
    )

    sent = msgspec.json.decode(event.encode())

    assert sent == {
        "id": event.id,
        "type": "MugSold",
        "version": 1,
        "occurred_at": "2026-11-24T03:11:00.123Z",
        "order_id": "order-1",
        "customer_id": "customer-1",
        "correlation_id": "correlation-1",
        "data": {"pieces": 3},
    }


def test_a_later_version_of_an_event_says_so() -> None:
    event = new_event(MugBroken(pieces=1), occurred_at=MOMENT, correlation_id="correlation-1")

    assert (event.type, event.version, event.order_id) == ("MugBroken", 2, None)


def test_a_reader_accepts_unknown_fields_of_envelope_and_data() -> None:
    sent = msgspec.json.decode(
        new_event(MugSold(pieces=3), occurred_at=MOMENT, correlation_id="c").encode()
    )
    later = {**sent, "version": 2, "region": "eu", "data": {"pieces": 4, "colour": ["blue"]}}

    event = decode_envelope(msgspec.json.encode(later))

    assert (event.version, decode_data(event, Pieces)) == (2, Pieces(4))


@pytest.mark.parametrize("body", ["", "{}", "[]", "text", '{"id": 1}'])
def test_what_is_no_event_is_refused(body: str) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_envelope(body)


def test_data_without_a_field_that_is_read_is_refused() -> None:
    event = new_event(MugSold(pieces=3), occurred_at=MOMENT, correlation_id="c")

    class Colour(msgspec.Struct):
        colour: str

    with pytest.raises(msgspec.ValidationError, match="colour"):
        decode_data(event, Colour)


@repeatable
@given(st.datetimes(timezones=st.timezones()), st.datetimes(timezones=st.timezones()))
def test_times_sort_as_text_and_are_read_back_to_the_millisecond(
    first: datetime, second: datetime
) -> None:
    lower, upper = sorted((first.astimezone(UTC), second.astimezone(UTC)))

    assert timestamp(lower) <= timestamp(upper)
    assert timedelta(0) <= lower - parse_timestamp(timestamp(lower)) < timedelta(milliseconds=1)


def test_a_time_of_any_zone_is_written_in_utc() -> None:
    berlin = datetime(2026, 11, 24, 4, 11, tzinfo=timezone(timedelta(hours=1)))

    assert timestamp(berlin) == "2026-11-24T03:11:00.000Z"


def test_the_present_is_in_utc() -> None:
    assert now().tzinfo is UTC


def test_later_ids_sort_after_earlier_ones() -> None:
    ids = [new_id() for _ in range(100)]

    assert ids == sorted(set(ids))


def test_an_outbox_item_is_unpublished_and_holds_the_event() -> None:
    event = new_event(MugSold(pieces=3), occurred_at=MOMENT, correlation_id="c")

    assert from_item(outbox_item(event)) == {
        "pk": f"OUTBOX#{event.id}",
        "sk": "EVENT",
        "kind": "outbox",
        "unpublished": "1",
        "occurred_at": event.occurred_at,
        "event": event.encode(),
    }
    assert outbox_put("mugs", event) == {"Put": {"TableName": "mugs", "Item": outbox_item(event)}}


def test_an_outbox_item_carries_the_trace_it_was_written_in() -> None:
    event = new_event(MugSold(pieces=3), occurred_at=MOMENT, correlation_id="c")

    with span("test", traceparent=TRACEPARENT):
        item = from_item(outbox_item(event))

    assert item["traceparent"].split("-")[1] == TRACEPARENT.split("-")[1]


class Topic:
    """An SNS client that remembers what it was given."""

    def __init__(self) -> None:
        self.published: list[dict[str, object]] = []

    def publish(self, **message: object) -> None:
        self.published.append(message)


def test_a_published_event_carries_what_subscriptions_filter_by() -> None:
    event = new_event(MugSold(pieces=3), occurred_at=MOMENT, correlation_id="c")
    topic = Topic()

    publish(topic, "arn:topic", event)
    publish(topic, "arn:topic", event, TRACEPARENT)

    plain, traced = topic.published
    attributes = {
        "type": {"DataType": "String", "StringValue": "MugSold"},
        "version": {"DataType": "Number", "StringValue": "1"},
    }
    assert plain == {
        "TopicArn": "arn:topic",
        "Message": event.encode(),
        "MessageAttributes": attributes,
    }
    assert traced["MessageAttributes"] == {
        **attributes,
        "traceparent": {"DataType": "String", "StringValue": TRACEPARENT},
    }
