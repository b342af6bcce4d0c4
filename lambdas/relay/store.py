"""The outbox on DynamoDB, and the shop's topic on SNS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from common.clock import timestamp
from common.dynamo import to_item
from common.events import Envelope
from common.outbox import INDEX
from common.publishing import publish
from relay.models import OutboxEntry, UndeliverableError

KEPT = timedelta(days=7)
PAGE = 100
_REFUSED_FOR_CONTENT = {"InvalidParameter", "ParameterValueInvalid"}
_CHANGE = "SET expires_at = :expires_at REMOVE unpublished"


class DynamoOutbox:
    """The outbox items of one table (`common.outbox`)."""

    def __init__(self, dynamodb: Any, table_name: str, clock: Callable[[], datetime]) -> None:
        self._dynamodb = dynamodb
        self._table_name = table_name
        self._clock = clock

    def unpublished(self, before: datetime) -> Iterator[OutboxEntry]:
        """Queries the sparse index, page after page as they are needed."""
        request: dict[str, Any] = {
            "TableName": self._table_name,
            "IndexName": INDEX,
            "KeyConditionExpression": "unpublished = :yes AND occurred_at < :before",
            "ExpressionAttributeValues": to_item({":yes": "1", ":before": timestamp(before)}),
            "Limit": PAGE,
        }
        while True:
            answer = self._dynamodb.query(**request)
            yield from map(OutboxEntry.of, answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def mark_published(self, entry: OutboxEntry) -> None:
        """Takes the item out of the index and leaves it for a week, to be looked at."""
        expires_at = int((self._clock() + KEPT).timestamp())
        try:
            self._dynamodb.update_item(
                TableName=self._table_name,
                Key=to_item({"pk": entry.pk, "sk": entry.sk}),
                UpdateExpression=_CHANGE,
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeValues=to_item({":expires_at": expires_at}),
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise


class SnsEventTopic:
    """The shop's topic."""

    def __init__(self, sns: Any, topic_arn: str) -> None:
        self._sns = sns
        self._topic_arn = topic_arn

    def publish(self, event: Envelope, traceparent: str | None) -> None:
        """Raises botocore's ClientError or BotoCoreError when the topic has not accepted it."""
        try:
            publish(self._sns, self._topic_arn, event, traceparent)
        except ClientError as error:
            if error.response["Error"]["Code"] in _REFUSED_FOR_CONTENT:
                raise UndeliverableError(f"OUTBOX#{event.id} is refused: {error}") from error
            raise
