"""Queues and topics: nothing is lost, read or sent by whom it should not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policy.rule import HIGH, MANDATORY, Resource, Stack, rule

QUEUE = "aws:sqs/queue:Queue"
DEAD_LETTER_PROPERTIES = {
    QUEUE: ("redrivePolicy",),
    "aws:cloudwatch/eventTarget:EventTarget": ("deadLetterConfig",),
    "aws:lambda/eventSourceMapping:EventSourceMapping": ("destinationConfig",),
    "aws:lambda/function:Function": ("deadLetterConfig",),
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": ("destinationConfig",),
    "aws:sns/topicSubscription:TopicSubscription": ("redrivePolicy",),
}
"""Where other resources name the queue that takes what they could not deliver or process."""


@rule(
    QUEUE,
    severity=HIGH,
    remedy="Set sqsManagedSseEnabled to true, or kmsMasterKeyId to a key.",
    reference="https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-server-side-encryption.html",
    dev=MANDATORY,
    prod=MANDATORY,
)
def queue_encrypted(queue: Resource, stack: Stack, settings: Mapping[str, Any]) -> Iterator[str]:
    """Messages at rest are encrypted."""
    managed = queue.props.flag("sqsManagedSseEnabled")
    if not managed and not queue.props.has("kmsMasterKeyId"):
        yield f"sqsManagedSseEnabled is {managed} and there is no kmsMasterKeyId"


@rule(
    QUEUE,
    severity=HIGH,
    remedy="Give the queue a redrivePolicy with the ARN of a dead-letter queue.",
    reference="https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html",
    dev=MANDATORY,
    prod=MANDATORY,
    whole_stack=True,
)
def queue_dead_letters(queue: Resource, stack: Stack, settings: Mapping[str, Any]) -> Iterator[str]:
    """A message that cannot be processed ends in a dead-letter queue, and not in nothing."""
    if is_dead_letter_queue(queue, stack) or stack.stems_from(queue, "redrivePolicy", QUEUE):
        return
    redrive = queue.props.document("redrivePolicy")
    if redrive is None or not redrive.text("deadLetterTargetArn"):
        yield "no redrivePolicy names a dead-letter queue"


def is_dead_letter_queue(queue: Resource, stack: Stack) -> bool:
    """Whether what another resource could not process goes to this queue."""
    return any(
        queue.urn in source.depends_on.get(property_name, ())
        for source in stack.resources
        if source.urn != queue.urn
        for property_name in DEAD_LETTER_PROPERTIES.get(source.type, ())
    )
