"""Notifications' functions on emulated AWS: its table, its topic, and what they sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from moto import mock_aws
from moto.apigatewaymanagementapi.models import apigatewaymanagementapi_backends
from moto.sns.models import sns_backends

from common import aws
from common.dynamo import from_item
from common.events import Envelope
from common.observability import metrics
from notifications import bootstrap, handler
from tests.support.payloads import (
    ACCOUNT,
    CUSTOMER,
    REGION,
    answer_of,
    http_event,
    socket_event,
    sqs_event,
    sqs_record,
)

TABLE = "notifications"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": REGION,
    "NOTIFICATIONS_TABLE_NAME": TABLE,
    "NOTIFICATIONS_ALERTS_URL": f"wss://ws123.execute-api.{REGION}.amazonaws.com/live",
    "NOTIFICATIONS_CONNECTIONS_URL": f"https://ws123.execute-api.{REGION}.amazonaws.com/live",
    "NOTIFICATIONS_TICKET_SECONDS": "30",
    "NOTIFICATIONS_CONNECTIONS_MAX": "2",
}
_BUILT = (
    aws.client,
    bootstrap.environment,
    bootstrap.notifier,
    bootstrap.inbox,
    bootstrap.preference_desk,
    bootstrap.live_environment,
    bootstrap.live_desk,
    bootstrap._store,
    bootstrap._table,
    bootstrap._connections,
    bootstrap._pusher,
    bootstrap._alerts,
)
PREFERENCES = "PUT /notifications/preferences"


class NotificationsShop:
    """The functions of notifications, called as AWS calls them."""

    def __init__(self, topic_arn: str) -> None:
        self.dynamodb = aws.client("dynamodb")
        self.sns = aws.client("sns")
        self.topic_arn = topic_arn

    def request(self, route_key: str, **request: Any) -> tuple[int, Any]:
        """Status and body of a request of `CUSTOMER`, or of `customer_id`."""
        return answer_of(handler.http(http_event(route_key, **request), None))

    def choose(
        self, email: str | None, sms_number: str | None = None, *, customer_id: str = CUSTOMER
    ) -> tuple[int, Any]:
        """Status and body of `PUT /notifications/preferences`."""
        body = {"email": email, "sms_number": sms_number}
        return self.request(PREFERENCES, body=body, customer_id=customer_id)

    def deliver(self, *messages: Envelope) -> list[str]:
        """Hand a batch to the events function; the ids of the events it gives back."""
        records = [sqs_record(message, message_id=message.id) for message in messages]
        answer = handler.events(sqs_event(*records), None)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def inbox(self, customer_id: str = CUSTOMER) -> list[Any]:
        """The customer's messages, newest first."""
        status, page = self.request("GET /notifications", customer_id=customer_id)
        assert status == 200, page
        items: list[Any] = page["items"]
        return items

    def items(self) -> list[dict[str, Any]]:
        """All of the table."""
        return [from_item(item) for item in self.dynamodb.scan(TableName=TABLE)["Items"]]

    def connect(self, connection_id: str, ticket: str | None = None) -> int:
        """The status of a connection, with a ticket of `CUSTOMER` unless another is given."""
        given = self.ticket() if ticket is None else ticket
        answer = handler.http(socket_event("$connect", connection_id, ticket=given), None)
        return int(answer["statusCode"])

    def disconnect(self, connection_id: str) -> int:
        """The status of a connection's end."""
        answer = handler.http(socket_event("$disconnect", connection_id), None)
        return int(answer["statusCode"])

    def ticket(self, customer_id: str = CUSTOMER) -> str:
        """A fresh ticket."""
        status, ticket = self.request("POST /notifications/tickets", customer_id=customer_id)
        assert status == 201, ticket
        return str(ticket["ticket"])

    def pushed(self, connection_id: str) -> bytes:
        """All that was sent to a connection."""
        backend = apigatewaymanagementapi_backends[ACCOUNT][REGION]
        return bytes(backend.connections[connection_id].data)

    def texts(self) -> list[tuple[str, str]]:
        """Numbers and texts of the text messages, in order."""
        return list(sns_backends[ACCOUNT][REGION].sms_messages.values())

    def subscriptions(self) -> dict[str, Any]:
        """The filter policies of the topic's e-mail subscriptions, by address."""
        found = self.sns.list_subscriptions_by_topic(TopicArn=self.topic_arn)["Subscriptions"]
        return {
            subscription["Endpoint"]: self._filter_policy(subscription["SubscriptionArn"])
            for subscription in found
        }

    def _filter_policy(self, subscription_arn: str) -> Any:
        answer = self.sns.get_subscription_attributes(SubscriptionArn=subscription_arn)
        return json.loads(answer["Attributes"]["FilterPolicy"])


class Mailbox:
    """Who opted in to the alerts of one customer: a queue with the filter of an e-mail."""

    def __init__(self, topic_arn: str, customer_id: str) -> None:
        self._sqs = aws.client("sqs")
        self._url = self._sqs.create_queue(QueueName=f"mailbox-{customer_id}")["QueueUrl"]
        queue = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])
        aws.client("sns").subscribe(
            TopicArn=topic_arn,
            Protocol="sqs",
            Endpoint=queue["Attributes"]["QueueArn"],
            Attributes={"FilterPolicy": json.dumps({"customer_id": [customer_id]})},
        )

    def read(self) -> list[tuple[str, str]]:
        """Subjects and texts of what has arrived."""
        found = self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10)
        bodies = [json.loads(message["Body"]) for message in found.get("Messages", [])]
        return [(body["Subject"], body["Message"]) for body in bodies]


@contextmanager
def notifications_shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[NotificationsShop]:
    """Notifications on its own table and topic."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(metrics.provider, "namespace", "Storefront")
    with mock_aws():
        _forget()
        try:
            topic_arn = aws.client("sns").create_topic(Name="customer-alerts")["TopicArn"]
            monkeypatch.setenv("NOTIFICATIONS_ALERTS_TOPIC_ARN", topic_arn)
            _create_table(aws.client("dynamodb"))
            yield NotificationsShop(topic_arn)
        finally:
            _forget()


def _forget() -> None:
    for built in _BUILT:
        built.cache_clear()


def _create_table(dynamodb: Any) -> None:
    keys = (("pk", "HASH"), ("sk", "RANGE"))
    dynamodb.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key, _ in keys],
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys],
    )
