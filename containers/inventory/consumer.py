"""A queue consumed by threads: many messages side by side, each at once, and an orderly end."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from typing import Any

import msgspec

from common.observability import logger

LANES = 10
WAIT_SECONDS = 3
BACKOFF_MAX_SECONDS = 600
PAUSE_SECONDS = 1.0
SPREAD_SECONDS = 0.035


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery of a message; `deliveries` counts this one too."""

    message_id: str
    body: str
    traceparent: str | None
    deliveries: int
    receipt: str


MessageHandler = Callable[[Message], bool]


def backoff_seconds(deliveries: int) -> int:
    """How long a message rests after its n-th failure: 1 to 2 s, then about five times as long."""
    longest = min(BACKOFF_MAX_SECONDS, 2 * 5 ** (deliveries - 1))
    return random.randint((longest + 1) // 2, longest)  # noqa: S311 - spreads load, hides nothing


class QueueConsumer:
    """`LANES` threads, each with one message at a time, from receiving it to deleting it.

    A lane without a message waits at the queue, so one that comes is taken at once. A wait is
    short, for it also bounds how long a stop takes: ten idle lanes make 9 million requests a
    month ($3.60). They begin `SPREAD_SECONDS` apart, or all would end and ask together.
    """

    def __init__(
        self, sqs: Any, queue_url: str, handle: MessageHandler, *, lanes: int = LANES
    ) -> None:
        self._sqs = sqs
        self._queue_url = queue_url
        self._handle = handle
        self._lanes = lanes

    def start(self, stop: threading.Event) -> list[threading.Thread]:
        """Consume until `stop` is set; each thread ends with the message it is at."""
        threads = [
            threading.Thread(
                target=self._run, args=(stop, number * SPREAD_SECONDS), name=f"lane-{number}"
            )
            for number in range(self._lanes)
        ]
        for thread in threads:
            thread.start()
        return threads

    def step(self) -> None:
        """Wait for one message and handle it; returns with nothing done when none comes."""
        message = self._receive()
        if message is None:
            return
        if self._handle(message):
            self._sqs.delete_message(QueueUrl=self._queue_url, ReceiptHandle=message.receipt)
        else:
            self._put_off(message)

    def _run(self, stop: threading.Event, delay_seconds: float) -> None:
        stop.wait(delay_seconds)
        while not stop.is_set():
            try:
                self.step()
            except Exception:
                logger.exception("queue does not answer", extra={"queue": self._queue_url})
                stop.wait(PAUSE_SECONDS)

    def _receive(self) -> Message | None:
        answer = self._sqs.receive_message(
            QueueUrl=self._queue_url,
            MaxNumberOfMessages=1,
            WaitTimeSeconds=WAIT_SECONDS,
            MessageAttributeNames=["traceparent"],
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        )
        if not answer.get("Messages"):
            return None
        (received,) = answer["Messages"]
        traceparent = received.get("MessageAttributes", {}).get("traceparent", {})
        return Message(
            message_id=received["MessageId"],
            body=received["Body"],
            traceparent=traceparent.get("StringValue"),
            deliveries=int(received["Attributes"]["ApproximateReceiveCount"]),
            receipt=received["ReceiptHandle"],
        )

    def _put_off(self, message: Message) -> None:
        self._sqs.change_message_visibility(
            QueueUrl=self._queue_url,
            ReceiptHandle=message.receipt,
            VisibilityTimeout=backoff_seconds(message.deliveries),
        )
