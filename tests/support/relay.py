"""An outbox for tests: its items as its services write them, and the relay on emulated AWS."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from moto import mock_aws

from common import aws
from common.clock import new_id, timestamp
from common.dynamo import Item, from_item, to_item
from common.events import Envelope, decode_envelope
from common.observability import metrics
from common.outbox import outbox_item
from relay import bootstrap, handler
from tests.support.payloads import REGION

TABLE = "orders"
GRACE_SECONDS = 60
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": REGION,
    "RELAY_TABLE_NAME": TABLE,
    "RELAY_GRACE_SECONDS": str(GRACE_SECONDS),
}


def waiting_event(*, age_seconds: float = 0) -> Envelope:
    """An event that happened so long ago."""
    return Envelope(
        id=new_id(),
        type="OrderPlaced",
        version=1,
        occurred_at=timestamp(datetime.now(UTC) - timedelta(seconds=age_seconds)),
        order_id="order-1",
        customer_id="customer-1",
        correlation_id="correlation-1",
        data=msgspec.Raw(b'{"total":1250}'),
    )


def stream_record(image: Item, *, name: str = "INSERT") -> dict[str, Any]:
    """A record of a table's stream (NEW_IMAGE)."""
    return {
        "eventID": new_id(),
        "eventName": name,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": REGION,
        "dynamodb": {
            "ApproximateCreationDateTime": 1795490000.0,
            "Keys": {"pk": image["pk"], "sk": image["sk"]},
            "NewImage": image,
            "SequenceNumber": "4421584500000000017450439091",
            "SizeBytes": 512,
            "StreamViewType": "NEW_IMAGE",
        },
        "eventSourceARN": f"arn:aws:dynamodb:{REGION}:123456789012:table/{TABLE}/stream/x",
    }


def stream_event(*events: Envelope) -> dict[str, Any]:
    """A batch of the stream with those events' outbox items."""
    return {"Records": [stream_record(outbox_item(event)) for event in events]}


class OutboxWorld:
    """A table with an outbox, the shop's topic, and who listens to it."""

    def __init__(self, topic_arn: str) -> None:
        self.dynamodb = aws.client("dynamodb")
        self.sns = aws.client("sns")
        self._sqs = aws.client("sqs")
        self._queue_url = self._sqs.create_queue(QueueName="listener")["QueueUrl"]
        queue = self._sqs.get_queue_attributes(
            QueueUrl=self._queue_url, AttributeNames=["QueueArn"]
        )
        self.sns.subscribe(
            TopicArn=topic_arn,
            Protocol="sqs",
            Endpoint=queue["Attributes"]["QueueArn"],
            Attributes={"RawMessageDelivery": "true"},
        )

    def write(self, *events: Envelope) -> None:
        """Put the events into the outbox."""
        for event in events:
            self.dynamodb.put_item(TableName=TABLE, Item=outbox_item(event))

    def stream(self, *events: Envelope) -> dict[str, int]:
        """Hand a batch of the stream to the function."""
        answer: dict[str, int] = handler.handle(stream_event(*events), None)
        return answer

    def item(self, event: Envelope) -> dict[str, Any] | None:
        """The event's outbox item."""
        key = to_item({"pk": f"OUTBOX#{event.id}", "sk": "EVENT"})
        answer = self.dynamodb.get_item(TableName=TABLE, Key=key)
        return from_item(answer["Item"]) if "Item" in answer else None

    def waiting(self) -> set[str]:
        """The ids of the events that are in the index of what is unpublished."""
        answer = self.dynamodb.scan(TableName=TABLE, IndexName="unpublished")
        return {decode_envelope(item["event"]["S"]).id for item in answer["Items"]}

    def heard_messages(self) -> list[dict[str, Any]]:
        """What the listener got, in order, as SQS hands it out."""
        heard: list[dict[str, Any]] = []
        while True:
            answer = self._sqs.receive_message(
                QueueUrl=self._queue_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
            )
            if not (messages := answer.get("Messages", [])):
                return heard
            heard += messages

    def heard(self) -> list[str]:
        """The ids of the events that the listener got, in order."""
        return [decode_envelope(message["Body"]).id for message in self.heard_messages()]


@contextmanager
def outbox_world(monkeypatch: pytest.MonkeyPatch) -> Iterator[OutboxWorld]:
    """A relay with one thread, since the emulator is not made for more."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(metrics.provider, "namespace", "Storefront")
    with mock_aws(), ThreadPoolExecutor(1) as executor:
        monkeypatch.setattr(bootstrap, "ThreadPoolExecutor", lambda *args, **kwargs: executor)
        _forget()
        try:
            topic_arn = aws.client("sns").create_topic(Name="events")["TopicArn"]
            monkeypatch.setenv("EVENTS_TOPIC_ARN", topic_arn)
            _create_table(aws.client("dynamodb"))
            yield OutboxWorld(topic_arn)
        finally:
            _forget()


def _forget() -> None:
    aws.client.cache_clear()
    bootstrap.relay.cache_clear()


def _create_table(dynamodb: Any) -> None:
    keys = ("occurred_at", "pk", "sk", "unpublished")
    dynamodb.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        KeySchema=_key_schema("pk", "sk"),
        GlobalSecondaryIndexes=[
            {
                "IndexName": "unpublished",
                "KeySchema": _key_schema("unpublished", "occurred_at"),
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )


def _key_schema(partition: str, sort: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": partition, "KeyType": "HASH"},
        {"AttributeName": sort, "KeyType": "RANGE"},
    ]
