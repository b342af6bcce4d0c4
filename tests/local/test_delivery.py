"""Events that come twice, and one correlation id from the first request to the last event."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from local.http import Caller
from local.shop import Shop
from tests.local.customers import (
    available,
    eventually,
    follow,
    new_product,
    order_body,
    place,
    read,
    told,
)

pytestmark = pytest.mark.xdist_group("local")


@dataclass(frozen=True)
class Tap:
    """A queue of the test's own that gets every event of the shop."""

    sqs: Any
    sns: Any
    topic: str
    url: str

    def events(self, order: str) -> list[dict[str, Any]]:
        """The messages about one order that have come since the last call."""
        found = []
        while messages := self.sqs.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages", []):
            for message in messages:
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
                if json.loads(message["Body"])["order_id"] == order:
                    found.append(message)
        return found

    def publish_again(self, message: dict[str, Any]) -> None:
        """Publish a message as it came."""
        attributes = {
            name: {"DataType": value["DataType"], "StringValue": value["StringValue"]}
            for name, value in message["MessageAttributes"].items()
        }
        self.sns.publish(TopicArn=self.topic, Message=message["Body"], MessageAttributes=attributes)


@pytest.fixture
def tap(shop: Shop) -> Iterator[Tap]:
    sqs, sns = shop.cloud.client("sqs"), shop.cloud.client("sns")
    topic = shop.deployment.named("events-topic").outputs["arn"]
    url = sqs.create_queue(QueueName=f"tap-{uuid.uuid4().hex}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": arn["QueueArn"],
            }
        ],
    }
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    subscription = sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=arn["QueueArn"],
        Attributes={"RawMessageDelivery": "true"},
    )["SubscriptionArn"]
    yield Tap(sqs, sns, topic, url)
    sns.unsubscribe(SubscriptionArn=subscription)
    sqs.delete_queue(QueueUrl=url)


def test_every_event_may_come_twice(shop: Shop, tap: Tap, alice: Caller) -> None:
    product = new_product(shop, pieces=5)
    order = place(alice, order_body(product, quantity=2))
    follow(alice, order, "CONFIRMED", "StockReserved", "OrderConfirmed")
    alice.send("POST", f"/orders/{order}/cancel")
    follow(alice, order, "CANCELLED", "StockReleased", "PaymentRefunded")
    eventually(lambda: len(told(alice, order)) == 4, "the customer is told of four events")
    events = tap.events(order)
    before = _all_about(alice, order, product)

    for event in events:
        tap.publish_again(event)
    again = tap.events(order)
    eventually(lambda: shop.queued_messages() == 0, "all queues are empty")

    assert sorted(event["MessageAttributes"]["type"]["StringValue"] for event in events) == [
        *("OrderCancelled", "OrderConfirmed", "OrderPlaced"),
        *("PaymentCaptured", "PaymentRefunded", "StockReleased", "StockReserved"),
    ]
    assert len(again) == len(events)
    assert tap.events(order) == []
    assert _all_about(alice, order, product) == before


def test_one_correlation_id_goes_from_the_request_to_the_last_event(
    shop: Shop, alice: Caller
) -> None:
    correlation_id = f"test-{uuid.uuid4().hex}"
    body = order_body(new_product(shop, pieces=1))

    order = place(alice, body, **{"x-correlation-id": correlation_id})
    follow(alice, order, "CONFIRMED", "OrderConfirmed")

    wanted = {
        ("orders", "StockReserved"),
        ("orders", "PaymentCaptured"),
        ("inventory", "OrderPlaced"),
        ("inventory", "OrderConfirmed"),
        ("payments", "StockReserved"),
        ("notifications", "OrderPlaced"),
        ("notifications", "OrderConfirmed"),
    }
    eventually(
        lambda: wanted <= set(_handled(shop, correlation_id)),
        f"every service logs its events with the correlation id {correlation_id}",
    )


def _all_about(customer: Caller, order: str, product: str) -> dict[str, Any]:
    return {
        "order": read(customer, f"/orders/{order}"),
        "timeline": read(customer, f"/orders/{order}/timeline"),
        "payment": read(customer, f"/payments/{order}"),
        "messages": told(customer, order),
        "available": available(customer, product),
    }


def _handled(shop: Shop, correlation_id: str) -> Iterator[tuple[str, str]]:
    """Service and type of the events that were handled under a correlation id."""
    for line in shop.log_lines():
        if correlation_id in line:
            entry = json.loads(line)
            if entry.get("correlation_id") == correlation_id and entry.get("message") == "event":
                yield entry["service"], entry["type"]


def test_a_worker_is_protected_while_it_works_and_released_after(shop: Shop, alice: Caller) -> None:
    worker = shop.process("worker")
    eventually(lambda: not worker.protected, "what came before is done", 30)
    order = place(alice, order_body(new_product(shop, 1)))

    eventually(lambda: worker.protected, "the worker is protected", 10)
    follow(alice, order, "CONFIRMED")
    eventually(lambda: not worker.protected, "the worker is released", 30)
