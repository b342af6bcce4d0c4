"""SNS topics, their policies and subscriptions."""

from __future__ import annotations

from typing import Final

from local.resources.attributes import Attributes
from local.resources.base import Cloud, Properties
from local.resources.lifecycle import Lifecycle, physical_name
from local.resources.shapes import Api, text

_TOPIC: Final = Attributes(
    texts={
        "archivePolicy": "ArchivePolicy",
        "deliveryPolicy": "DeliveryPolicy",
        "displayName": "DisplayName",
        "fifoThroughputScope": "FifoThroughputScope",
        "kmsMasterKeyId": "KmsMasterKeyId",
        "policy": "Policy",
        "sqsFailureFeedbackRoleArn": "SQSFailureFeedbackRoleArn",
        "sqsSuccessFeedbackRoleArn": "SQSSuccessFeedbackRoleArn",
        "tracingConfig": "TracingConfig",
    },
    numbers={
        "signatureVersion": "SignatureVersion",
        "sqsSuccessFeedbackSampleRate": "SQSSuccessFeedbackSampleRate",
    },
    flags={"contentBasedDeduplication": "ContentBasedDeduplication", "fifoTopic": "FifoTopic"},
    beside=frozenset({"name", "namePrefix"}),
)
_SUBSCRIPTION: Final = Attributes(
    texts={
        "deliveryPolicy": "DeliveryPolicy",
        "filterPolicy": "FilterPolicy",
        "filterPolicyScope": "FilterPolicyScope",
        "redrivePolicy": "RedrivePolicy",
        "subscriptionRoleArn": "SubscriptionRoleArn",
    },
    flags={"rawMessageDelivery": "RawMessageDelivery"},
    beside=frozenset(
        {"endpoint", "protocol", "topic", "confirmationTimeoutInMinutes", "endpointAutoConfirms"}
    ),
)


class Topic(Lifecycle):
    """A topic; its id is its ARN."""

    handles = "aws:sns/topic:Topic"
    replace_on = frozenset({"name", "namePrefix", "fifoTopic"})
    api = Api("sns")
    tags_by = "arn"

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        fifo = bool(inputs.get("fifoTopic"))
        attributes = _TOPIC.request(inputs)
        if not fifo:
            attributes.pop("FifoTopic", None)
        tags = [{"Key": key, "Value": value} for key, value in (inputs.get("tags") or {}).items()]
        topic = cloud.client("sns").create_topic(
            Name=physical_name(name, inputs, ".fifo" if fifo else ""),
            Attributes=attributes,
            Tags=tags,
        )
        return str(topic["TopicArn"])

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        attributes = cloud.client("sns").get_topic_attributes(TopicArn=id)["Attributes"]
        reflected = _TOPIC.reflect(state, attributes)
        name = id.rpartition(":")[2]
        return {**reflected, "arn": id, "name": name, "owner": attributes["Owner"]}

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        for name, value in _TOPIC.changed(state, inputs).items():
            cloud.client("sns").set_topic_attributes(
                TopicArn=id, AttributeName=name, AttributeValue=value
            )

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("sns").delete_topic(TopicArn=id)


class TopicPolicy(Lifecycle):
    """Who may use a topic; its id is the topic's ARN."""

    handles = "aws:sns/topicPolicy:TopicPolicy"
    replace_on = frozenset({"arn"})
    api = Api("sns")

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        self._set(cloud, inputs["arn"], text(inputs["policy"]))
        return str(inputs["arn"])

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties | None:
        """See `Lifecycle.observe`."""
        attributes = cloud.client("sns").get_topic_attributes(TopicArn=id)["Attributes"]
        found = Attributes(texts={"policy": "Policy"}).reflect(state, attributes)
        return {**found, "owner": attributes["Owner"]} if found else None

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        self._set(cloud, id, text(inputs["policy"]))

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        self._set(cloud, id, "")

    def _set(self, cloud: Cloud, arn: str, policy: str) -> None:
        cloud.client("sns").set_topic_attributes(
            TopicArn=arn, AttributeName="Policy", AttributeValue=policy
        )


class TopicSubscription(Lifecycle):
    """A subscription; its id is its ARN."""

    handles = "aws:sns/topicSubscription:TopicSubscription"
    replace_on = frozenset({"topic", "protocol", "endpoint"})
    api = Api("sns")

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        subscription = cloud.client("sns").subscribe(
            TopicArn=inputs["topic"],
            Protocol=inputs["protocol"],
            Endpoint=inputs["endpoint"],
            Attributes=_SUBSCRIPTION.request(inputs),
            ReturnSubscriptionArn=True,
        )
        return str(subscription["SubscriptionArn"])

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        answer = cloud.client("sns").get_subscription_attributes(SubscriptionArn=id)
        attributes = answer["Attributes"]
        return {
            **_SUBSCRIPTION.reflect(state, attributes),
            "arn": id,
            "ownerId": attributes["Owner"],
            "pendingConfirmation": attributes.get("PendingConfirmation") == "true",
        }

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        for name, value in _SUBSCRIPTION.changed(state, inputs).items():
            cloud.client("sns").set_subscription_attributes(
                SubscriptionArn=id, AttributeName=name, AttributeValue=value
            )

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("sns").unsubscribe(SubscriptionArn=id)


HANDLERS = (Topic(), TopicPolicy(), TopicSubscription())
