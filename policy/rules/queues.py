"""Queues: nothing is lost, nothing is worked twice at once, nobody reads along."""

from __future__ import annotations

from collections.abc import Iterator

from policy.rule import ALWAYS, DOCS, HIGH, MEDIUM, Case, Resource, Stack, rule
from policy.rules.types import EVENT_SOURCE, EVENT_TARGET, FUNCTION, QUEUE, SUBSCRIPTION
from policy.unknowns import not_judged

_GUIDE = f"{DOCS}AWSSimpleQueueService/latest/SQSDeveloperGuide/"
_TRIGGER = f"{DOCS}lambda/latest/dg/services-sqs-"
_RETENTION_DEFAULT = 345_600
_VISIBILITY_DEFAULT = 30
_TIMEOUT_DEFAULT = 3
DEAD_LETTER_PROPERTIES = {
    QUEUE: "redrivePolicy",
    EVENT_TARGET: "deadLetterConfig",
    EVENT_SOURCE: "destinationConfig",
    FUNCTION: "deadLetterConfig",
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": "destinationConfig",
    SUBSCRIPTION: "redrivePolicy",
}
"""Where other resources name the queue that takes what they could not deliver or process."""


@rule(
    QUEUE,
    severity=HIGH,
    levels=ALWAYS,
    remedy="Set sqsManagedSseEnabled to true, or kmsMasterKeyId to a key.",
    reference=f"{_GUIDE}sqs-server-side-encryption.html",
)
def queue_encrypted(case: Case) -> Iterator[str]:
    """Messages at rest are encrypted."""
    managed = case.props.flag("sqsManagedSseEnabled")
    if not managed and not case.props.text("kmsMasterKeyId"):
        yield f"sqsManagedSseEnabled is {managed} and there is no kmsMasterKeyId"


@rule(
    QUEUE,
    severity=HIGH,
    levels=ALWAYS,
    remedy="Give the queue a redrivePolicy with the ARN of a dead-letter queue.",
    reference=f"{_GUIDE}sqs-dead-letter-queues.html",
    whole_stack=True,
)
def queue_dead_letters(case: Case) -> Iterator[str]:
    """A message that cannot be processed ends in a dead-letter queue, and not in nothing."""
    queue, stack = case.resource, case.stack
    if is_dead_letter_queue(queue, stack) or stack.sources(queue, "redrivePolicy", QUEUE):
        return
    redrive = case.props.document("redrivePolicy")
    if redrive is None or not redrive.text("deadLetterTargetArn"):
        yield "no redrivePolicy names a dead-letter queue"


@rule(
    QUEUE,
    severity=MEDIUM,
    levels=ALWAYS,
    remedy="Set maxReceiveCount in the redrivePolicy to a number within the limits.",
    reference=f"{_GUIDE}sqs-dead-letter-queues.html",
    least=3,
    most=10,
)
def queue_max_receives(case: Case) -> Iterator[str]:
    """A message gets more than one chance, and not so many that it blocks the others."""
    redrive = case.props.document("redrivePolicy")
    if redrive is None:
        return
    count = redrive.number("maxReceiveCount")
    if count is None or not case.settings["least"] <= count <= case.settings["most"]:
        limits = f"{case.settings['least']:.0f} to {case.settings['most']:.0f}"
        yield f"maxReceiveCount is {count}, must be {limits}"


@rule(
    QUEUE,
    severity=HIGH,
    levels=ALWAYS,
    remedy="Set messageRetentionSeconds of the dead-letter queue to 1209600 (14 days).",
    reference=f"{_GUIDE}sqs-dead-letter-queues.html",
    whole_stack=True,
)
def queue_dead_letter_retention(case: Case) -> Iterator[str]:
    """Dead letters outlive the source's messages, since their age counts from the first send."""
    kept = _seconds(case.resource, "messageRetentionSeconds", _RETENTION_DEFAULT)
    for dead in case.stack.sources(case.resource, "redrivePolicy", QUEUE):
        longer = _seconds(dead, "messageRetentionSeconds", _RETENTION_DEFAULT)
        if longer <= kept:
            yield f"{dead.name} keeps messages for {longer:.0f} s, the queue for {kept:.0f} s"
    if case.stack.unresolved(case.resource, "redrivePolicy"):
        raise not_judged("redrivePolicy")


@rule(
    QUEUE,
    severity=HIGH,
    levels=ALWAYS,
    remedy="Raise visibilityTimeoutSeconds, or shorten the function's timeout.",
    reference=f"{_TRIGGER}configure.html",
    whole_stack=True,
    factor=6,
)
def queue_visibility(case: Case) -> Iterator[str]:
    """A message stays hidden for as long as a throttled function may need to get to it."""
    hidden = _seconds(case.resource, "visibilityTimeoutSeconds", _VISIBILITY_DEFAULT)
    for mapping in case.stack.users(case.resource, "eventSourceArn", EVENT_SOURCE):
        for function in case.stack.sources(mapping, "functionName", FUNCTION):
            needed = _seconds(function, "timeout", _TIMEOUT_DEFAULT) * case.settings["factor"]
            if hidden < needed:
                yield (
                    f"visibilityTimeoutSeconds is {hidden:.0f}, {function.name} needs {needed:.0f}"
                )
        if case.stack.unresolved(mapping, "functionName"):
            raise not_judged(mapping.name, "functionName")
    for mapping in case.stack.of_type(EVENT_SOURCE):
        if _may_name(case.stack.unresolved(mapping, "eventSourceArn"), case.resource):
            raise not_judged(mapping.name, "eventSourceArn")


@rule(
    EVENT_SOURCE,
    severity=HIGH,
    levels=ALWAYS,
    remedy="Add ReportBatchItemFailures to functionResponseTypes, and return what failed.",
    reference=f"{_TRIGGER}errorhandling.html",
    whole_stack=True,
)
def queue_partial_batch_response(case: Case) -> Iterator[str]:
    """One bad message does not send its whole batch back."""
    types = case.props.texts("functionResponseTypes")
    if _reads_queue(case) and "ReportBatchItemFailures" not in types:
        yield f"functionResponseTypes is {types}"


@rule(
    EVENT_SOURCE,
    severity=MEDIUM,
    levels=ALWAYS,
    remedy="Set scalingConfig.maximumConcurrency to what the functions behind it can take.",
    reference=f"{_TRIGGER}scaling.html",
    whole_stack=True,
)
def queue_maximum_concurrency(case: Case) -> Iterator[str]:
    """A full queue does not use up the account's functions or the database's connections."""
    most = case.props.number("scalingConfig.maximumConcurrency")
    if _reads_queue(case) and not most:
        yield f"scalingConfig.maximumConcurrency is {most}"


def is_dead_letter_queue(queue: Resource, stack: Stack) -> bool:
    """Whether what another resource could not process goes to this queue."""
    return any(
        stack.users(queue, property_name, token)
        for token, property_name in DEAD_LETTER_PROPERTIES.items()
    )


def _may_name(arn: str, queue: Resource) -> bool:
    name = queue.props.text("name")
    return ":sqs:" in arn and (not name or arn.rpartition(":")[2] == name)


def _reads_queue(case: Case) -> bool:
    if case.stack.sources(case.resource, "eventSourceArn", QUEUE):
        return True
    if case.resource.depends_on.get("eventSourceArn"):
        return False
    return ":sqs:" in (case.props.text("eventSourceArn") or "")


def _seconds(resource: Resource, name: str, default: float) -> float:
    value = resource.props.number(name)
    return default if value is None else value
