"""SQS queues and their policies."""

from __future__ import annotations

from typing import Final

from local.resources.attributes import Attributes
from local.resources.base import Cloud, Properties
from local.resources.lifecycle import Lifecycle, physical_name
from local.resources.shapes import Api, text

_QUEUE: Final = Attributes(
    texts={
        "deduplicationScope": "DeduplicationScope",
        "fifoThroughputLimit": "FifoThroughputLimit",
        "kmsMasterKeyId": "KmsMasterKeyId",
        "policy": "Policy",
        "redriveAllowPolicy": "RedriveAllowPolicy",
        "redrivePolicy": "RedrivePolicy",
    },
    numbers={
        "delaySeconds": "DelaySeconds",
        "kmsDataKeyReusePeriodSeconds": "KmsDataKeyReusePeriodSeconds",
        "maxMessageSize": "MaximumMessageSize",
        "messageRetentionSeconds": "MessageRetentionPeriod",
        "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
        "visibilityTimeoutSeconds": "VisibilityTimeout",
    },
    flags={
        "contentBasedDeduplication": "ContentBasedDeduplication",
        "fifoQueue": "FifoQueue",
        "sqsManagedSseEnabled": "SqsManagedSseEnabled",
    },
    beside=frozenset({"name", "namePrefix"}),
)


class Queue(Lifecycle):
    """A queue; its id is its URL."""

    handles = "aws:sqs/queue:Queue"
    replace_on = frozenset({"name", "namePrefix", "fifoQueue"})
    api = Api("sqs")
    tags_by = "url"

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        fifo = bool(inputs.get("fifoQueue"))
        attributes = _QUEUE.request(inputs)
        if not fifo:
            attributes.pop("FifoQueue", None)
        queue = cloud.client("sqs").create_queue(
            QueueName=physical_name(name, inputs, ".fifo" if fifo else ""),
            Attributes=attributes,
            tags=inputs.get("tags") or {},
        )
        return str(queue["QueueUrl"])

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        attributes = _read(cloud, id)
        arn = attributes["QueueArn"]
        reflected = _QUEUE.reflect(state, attributes)
        return {**reflected, "arn": arn, "url": id, "name": arn.rpartition(":")[2]}

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        if changed := _QUEUE.changed(state, inputs):
            cloud.client("sqs").set_queue_attributes(QueueUrl=id, Attributes=changed)

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("sqs").delete_queue(QueueUrl=id)


class _QueueAttribute(Lifecycle):
    """One attribute of a queue as a resource of its own; its id is the queue's URL."""

    replace_on = frozenset({"queueUrl"})
    api = Api("sqs")
    field: str
    attribute: str

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        url = str(inputs["queueUrl"])
        self._set(cloud, url, text(inputs[self.field]))
        return url

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties | None:
        """See `Lifecycle.observe`."""
        found = Attributes(texts={self.field: self.attribute}).reflect(state, _read(cloud, id))
        return found or None

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        self._set(cloud, id, text(inputs[self.field]))

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        self._set(cloud, id, "")

    def _set(self, cloud: Cloud, url: str, value: str) -> None:
        client = cloud.client("sqs")
        client.set_queue_attributes(QueueUrl=url, Attributes={self.attribute: value})


class QueuePolicy(_QueueAttribute):
    """Who may use a queue."""

    handles = "aws:sqs/queuePolicy:QueuePolicy"
    field, attribute = "policy", "Policy"


class RedriveAllowPolicy(_QueueAttribute):
    """Which queues may use this one for their dead letters."""

    handles = "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy"
    field, attribute = "redriveAllowPolicy", "RedriveAllowPolicy"


class RedrivePolicy(_QueueAttribute):
    """Where a queue's dead letters go."""

    handles = "aws:sqs/redrivePolicy:RedrivePolicy"
    field, attribute = "redrivePolicy", "RedrivePolicy"


def _read(cloud: Cloud, url: str) -> dict[str, str]:
    answer = cloud.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    attributes: dict[str, str] = answer["Attributes"]
    return attributes


HANDLERS = (Queue(), QueuePolicy(), RedriveAllowPolicy(), RedrivePolicy())
