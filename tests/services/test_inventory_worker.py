"""The worker on a queue and a table of moto's, one message after another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from moto import mock_aws

from common.events import Envelope
from inventory.consumer import QueueConsumer
from inventory.worker import message_handler
from tests.support.inventory import order_confirmed, order_placed
from tests.support.inventory_dynamo import DynamoInventory


class World:
    def __init__(self, dynamodb: Any, sqs: Any) -> None:
        self._sqs = sqs
        self._url = sqs.create_queue(QueueName="inventory")["QueueUrl"]
        self.inventory = DynamoInventory(dynamodb)
        self.inventory.stock_up({"mug": 5})
        handle = message_handler(self.inventory.reservations)
        self._consumer = QueueConsumer(sqs, self._url, handle)

    def deliver(self, *events: Envelope) -> None:
        for event in events:
            self._sqs.send_message(QueueUrl=self._url, MessageBody=event.encode())
            self._consumer.step()

    def messages(self) -> tuple[int, int]:
        """How many messages wait, and how many rest before they come again."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=names)
        waiting, resting = (int(answer["Attributes"][name]) for name in names)
        return waiting, resting


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Storefront")
    with mock_aws():
        session = botocore.session.Session()
        yield World(
            session.create_client("dynamodb", region_name="eu-west-1"),
            session.create_client("sqs", region_name="eu-west-1"),
        )


def test_a_message_that_was_decided_is_deleted(world: World) -> None:
    world.deliver(order_placed("o1", {"mug": 2}))

    assert world.messages() == (0, 0)
    assert world.inventory.stock("mug") == (3, 2, 0)


def test_a_message_that_failed_rests_in_the_queue_and_the_others_are_deleted(world: World) -> None:
    world.deliver(
        order_placed("o1", {"mug": 2}),
        order_confirmed("never-placed"),
        order_placed("o2", {"mug": 1}),
    )

    assert world.messages() == (0, 1)
    assert world.inventory.stock("mug") == (2, 3, 0)
