"""The shop's topic on SNS."""

from __future__ import annotations

from typing import Any

from common.publishing import publish
from payments.ports import Announcement


class SnsPublisher:
    """A Publisher on an SNS topic."""

    def __init__(self, sns: Any, topic_arn: str) -> None:
        self._sns = sns
        self._topic_arn = topic_arn

    def publish(self, announcement: Announcement) -> None:
        """Raises botocore's ClientError or a timeout when the topic has not accepted it."""
        publish(self._sns, self._topic_arn, announcement.event, announcement.traceparent)
