"""A queue consumed in batches: messages side by side, few long polls, an orderly end."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec

from common.observability import logger
from inventory.protection import Protection

POLLERS = 4
LANES = 16
BATCH = 10
WAIT_SECONDS = 3
BACKOFF_MAX_SECONDS = 600
PAUSE_SECONDS = 1.0
STALLED_SECONDS = 120.0
"""More than a batch may take: every call has a timeout, and retries end."""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery of a message; `deliveries` counts this one too."""

    message_id: str
    body: str
    traceparent: str | None
    deliveries: int
    receipt: str


MessageHandler = Callable[[Message], bool]


def backoff_most_seconds(deliveries: int) -> int:
    """The longest that a message rests after its n-th failure: 2 s, then five times as long."""
    return min(BACKOFF_MAX_SECONDS, int(2 * 5 ** (deliveries - 1)))


def backoff_seconds(deliveries: int) -> int:
    """How long a message rests after its n-th failure: half of the longest, or more."""
    longest = backoff_most_seconds(deliveries)
    return random.randint((longest + 1) // 2, longest)  # noqa: S311 - spreads load, hides nothing


class QueueConsumer:
    """`POLLERS` threads take up to `BATCH` messages at a time and handle them side by side.

    While one poller works on its batch the others wait at the queue. A wait is short, since it
    also bounds how long a stop takes: idle pollers make 3.5 million requests a month ($1.40).
    """

    def __init__(
        self,
        sqs: Any,
        queue_url: str,
        handle: MessageHandler,
        protection: Protection | None = None,
    ) -> None:
        self._sqs = sqs
        self._queue_url = queue_url
        self._handle = handle
        self._protection = protection or Protection()
        self._lanes = ThreadPoolExecutor(LANES, thread_name_prefix="lane")
        self._rounds: dict[str, float] = {}

    def start(self, stop: threading.Event) -> list[threading.Thread]:
        """Consume until `stop` is set; each thread ends with the batch it is at."""
        pollers = [
            threading.Thread(target=self._run, args=(stop,), name=f"poller-{number}")
            for number in range(POLLERS)
        ]
        for poller in pollers:
            poller.start()
        return pollers

    def stalled(self) -> list[str]:
        """The pollers that have not begun a round for `STALLED_SECONDS`: they hang, or died."""
        limit = time.monotonic() - STALLED_SECONDS
        return [name for name, began in self._rounds.items() if began < limit]

    def step(self) -> None:
        """Wait for a batch and handle it; returns with nothing done when no message comes."""
        messages = self._receive()
        if messages:
            with self._protection.batch():
                self._work_off(messages)

    def _work_off(self, messages: Sequence[Message]) -> None:
        outcomes = list(self._lanes.map(self._handle, messages))
        done = [message for message, outcome in zip(messages, outcomes, strict=True) if outcome]
        if done:
            self._delete(done)
        for message, outcome in zip(messages, outcomes, strict=True):
            if not outcome:
                self._put_off(message)

    def _run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            self._rounds[threading.current_thread().name] = time.monotonic()
            try:
                with self._protection.round(stop):
                    if not stop.is_set():
                        self.step()
            except Exception:
                logger.exception("queue does not answer", extra={"queue": self._queue_url})
                stop.wait(PAUSE_SECONDS)

    def _receive(self) -> list[Message]:
        answer = self._sqs.receive_message(
            QueueUrl=self._queue_url,
            MaxNumberOfMessages=BATCH,
            WaitTimeSeconds=WAIT_SECONDS,
            MessageAttributeNames=["traceparent"],
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        )
        return [_read(received) for received in answer.get("Messages", [])]

    def _delete(self, messages: Sequence[Message]) -> None:
        """What is not deleted comes again, and is recognised."""
        answer = self._sqs.delete_message_batch(
            QueueUrl=self._queue_url,
            Entries=[
                {"Id": str(position), "ReceiptHandle": message.receipt}
                for position, message in enumerate(messages)
            ],
        )
        for failure in answer.get("Failed", []):
            logger.warning("message not deleted", extra={"reason": failure.get("Message")})

    def _put_off(self, message: Message) -> None:
        self._sqs.change_message_visibility(
            QueueUrl=self._queue_url,
            ReceiptHandle=message.receipt,
            VisibilityTimeout=backoff_seconds(message.deliveries),
        )


def _read(received: dict[str, Any]) -> Message:
    traceparent = received.get("MessageAttributes", {}).get("traceparent", {})
    return Message(
        message_id=received["MessageId"],
        body=received["Body"],
        traceparent=traceparent.get("StringValue"),
        deliveries=int(received["Attributes"]["ApproximateReceiveCount"]),
        receipt=received["ReceiptHandle"],
    )
