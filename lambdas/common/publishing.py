"""Publishing an envelope to the shop's topic."""

from __future__ import annotations

from typing import Any

from common.events import Envelope


def publish(sns: Any, topic_arn: str, event: Envelope, traceparent: str | None = None) -> None:
    """Hand `event` to the topic with the attributes that subscription filters read.

    Raises botocore's ClientError or a timeout when the topic has not accepted it.
    """
    attributes = {
        "type": {"DataType": "String", "StringValue": event.type},
        "version": {"DataType": "Number", "StringValue": str(event.version)},
    }
    if traceparent:
        attributes["traceparent"] = {"DataType": "String", "StringValue": traceparent}
    sns.publish(TopicArn=topic_arn, Message=event.encode(), MessageAttributes=attributes)
