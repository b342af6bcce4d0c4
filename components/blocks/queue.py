"""An SQS queue with its dead-letter queue, fed by a filtered topic subscription."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.blocks.alarms import AlarmSpec
from components.blocks.function import Function
from components.blocks.grants import Grant, Statement
from components.blocks.keys import Key, arn_of
from components.blocks.topic import Topic
from components.naming import Scope, prefix_of

_DAY = 24 * 60 * 60
RETENTION_SECONDS = 4 * _DAY
DLQ_RETENTION_SECONDS = 14 * _DAY
VISIBILITY_FACTOR = 6
"""AWS asks for a visibility timeout of at least six times the consuming function's timeout."""


@dataclass(frozen=True, kw_only=True)
class QueueArgs:
    """Arguments of `Queue`."""

    scope: Scope
    """names and tags"""
    role: str
    """what the queue holds"""
    visibility_timeout_seconds: int
    """30 to 43,200 s"""
    max_receives: int
    """deliveries before a message moves to the dead-letter queue"""
    age_alarm_seconds: int
    """age of the oldest message that raises an alarm"""
    variable: str | None = None
    """environment variable that tells a polling consumer the queue's URL"""
    key: Key | None = None
    """customer managed key; without one, SQS's own"""


class Queue(pulumi.ComponentResource):
    """Encrypted; what failed `max_receives` times waits 14 days in the dead-letter queue."""

    arn: pulumi.Output[str]
    url: pulumi.Output[str]
    name: pulumi.Output[str]

    def __init__(
        self, name: str, args: QueueArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("storefront:blocks:Queue", name, {}, opts)
        self._name = name
        self._args = args
        self.dead_letters = self._create_dead_letters()
        self.queue = self._create_queue()
        self._create_redrive_allowance()
        self.arn = self.queue.arn
        self.url = self.queue.url
        self.name = self.queue.name
        self.register_outputs({"arn": self.arn, "url": self.url})

    def grant_trigger(self) -> Grant:
        """What Lambda needs to poll the queue for a function."""
        return Grant(statements=self._consume("sqs:GetQueueAttributes"))

    def grant_poll(self) -> Grant:
        """Receive and delete messages, and put off those that fail, by calls of one's own."""
        return Grant(
            statements=self._consume("sqs:ChangeMessageVisibility"),
            environment={self._args.variable: self.url} if self._args.variable else {},
        )

    def _consume(self, *further: str) -> tuple[Statement, ...]:
        actions = ("sqs:DeleteMessage", "sqs:ReceiveMessage", *further)
        consume = Statement(sid="ConsumeQueue", actions=actions, resources=(self.arn,))
        key = self._args.key
        return (consume, key.read("sqs")) if key else (consume,)

    def subscribe(self, topic: Topic, event_types: Sequence[str]) -> None:
        """Let `topic` deliver exactly `event_types`, raw; nobody else may send.

        What it cannot deliver goes to the dead letters, and so does what the service's rules
        could not start: give them this queue as their `undelivered`.
        """
        from_topic = self._may_send("TopicMaySend", "sns.amazonaws.com", "ArnEquals", topic.arn)
        rules = self.dead_letters.arn.apply(self._rules_of_service)
        from_rules = self._may_send("RulesMaySend", "events.amazonaws.com", "ArnLike", rules)
        policies = [
            self._create_policy("policy", self.queue, [from_topic]),
            self._create_policy("dead-letters-policy", self.dead_letters, [from_topic, from_rules]),
        ]
        aws.sns.TopicSubscription(
            f"{self._name}-subscription",
            topic=topic.arn,
            protocol="sqs",
            endpoint=self.arn,
            raw_message_delivery=True,
            filter_policy=json.dumps({"type": sorted(event_types)}),
            redrive_policy=pulumi.Output.json_dumps({"deadLetterTargetArn": self.dead_letters.arn}),
            opts=pulumi.ResourceOptions(parent=self, depends_on=policies),
        )

    def _may_send(
        self, sid: str, service: str, operator: str, source_arn: pulumi.Input[str]
    ) -> dict[str, object]:
        return {
            "Sid": sid,
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sqs:SendMessage",
            "Condition": {operator: {"aws:SourceArn": source_arn}},
        }

    def _rules_of_service(self, own_arn: str) -> str:
        """The rules of the queue's service, whose names begin alike."""
        beginning = self._args.scope.physical("rule")
        return f"{prefix_of(own_arn, 'events')}:rule/{beginning}-*"

    def _create_policy(
        self, role: str, queue: aws.sqs.Queue, statements: Sequence[dict[str, object]]
    ) -> aws.sqs.QueuePolicy:
        return aws.sqs.QueuePolicy(
            f"{self._name}-{role}",
            queue_url=queue.url,
            policy=pulumi.Output.json_dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [{**entry, "Resource": queue.arn} for entry in statements],
                }
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def trigger(
        self,
        function: Function,
        *,
        batch_size: int,
        concurrency_max: int,
        depends_on: Sequence[pulumi.Resource] = (),
    ) -> None:
        """Run `function` on batches of messages; only the failed ones come back."""
        aws.lambda_.EventSourceMapping(
            f"{self._name}-trigger",
            event_source_arn=self.arn,
            function_name=function.arn,
            batch_size=batch_size,
            function_response_types=["ReportBatchItemFailures"],
            scaling_config={"maximum_concurrency": concurrency_max},
            tags=self._args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[function.policy, *depends_on]),
        )

    def alarms(self) -> tuple[AlarmSpec, ...]:
        """Dead letters, and a queue that is not worked off."""
        role = self._args.role
        return (
            AlarmSpec(
                role=f"{role}-dead-letters",
                description="Messages failed for good.",
                runbook="dead-letters",
                namespace="AWS/SQS",
                metric="ApproximateNumberOfMessagesVisible",
                dimensions={"QueueName": self.dead_letters.name},
                statistic="Maximum",
                threshold=0,
                lasting=True,
            ),
            AlarmSpec(
                role=f"{role}-oldest-message",
                description="Messages wait too long (s).",
                runbook="oldest-message",
                namespace="AWS/SQS",
                metric="ApproximateAgeOfOldestMessage",
                dimensions={"QueueName": self.queue.name},
                statistic="Maximum",
                threshold=self._args.age_alarm_seconds,
                periods=3,
                datapoints=3,
            ),
        )

    def _create_dead_letters(self) -> aws.sqs.Queue:
        return aws.sqs.Queue(
            f"{self._name}-dead-letters",
            name=self._args.scope.physical("queue", f"{self._args.role}-dlq"),
            message_retention_seconds=DLQ_RETENTION_SECONDS,
            sqs_managed_sse_enabled=None if self._args.key else True,
            kms_master_key_id=arn_of(self._args.key),
            tags=self._args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_queue(self) -> aws.sqs.Queue:
        return aws.sqs.Queue(
            f"{self._name}-queue",
            name=self._args.scope.physical("queue", self._args.role),
            message_retention_seconds=RETENTION_SECONDS,
            visibility_timeout_seconds=self._args.visibility_timeout_seconds,
            receive_wait_time_seconds=20,
            sqs_managed_sse_enabled=None if self._args.key else True,
            kms_master_key_id=arn_of(self._args.key),
            redrive_policy=pulumi.Output.json_dumps(
                {
                    "deadLetterTargetArn": self.dead_letters.arn,
                    "maxReceiveCount": self._args.max_receives,
                }
            ),
            tags=self._args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_redrive_allowance(self) -> None:
        aws.sqs.RedriveAllowPolicy(
            f"{self._name}-redrive-allowance",
            queue_url=self.dead_letters.url,
            redrive_allow_policy=pulumi.Output.json_dumps(
                {"redrivePermission": "byQueue", "sourceQueueArns": [self.queue.arn]}
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
