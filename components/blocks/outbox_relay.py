"""The relay of one table's outbox: stream to topic, and a sweep for what the stream lost."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.blocks.alarms import AlarmSpec, WatchedOutbox
from components.blocks.function import Code, Function, FunctionArgs, FunctionDefaults
from components.blocks.grants import Grant, Statement
from components.blocks.keys import Key, arn_of
from components.blocks.queue import Queue
from components.blocks.schedule import Schedule, ScheduleArgs
from components.blocks.table import Index, Table
from components.blocks.topic import Topic
from components.naming import Scope

OUTBOX_INDEX = Index(name="unpublished", hash_key="unpublished", range_key="occurred_at")
"""The sparse index that a table with an outbox has."""

_FILTER = {
    "eventName": ["INSERT"],
    "dynamodb": {"NewImage": {"kind": {"S": ["outbox"]}}},
}
_RETRIES = 100
_RECORD_AGE_SECONDS = 6 * 60 * 60


@dataclass(frozen=True, kw_only=True)
class OutboxRelayArgs:
    """Arguments of `OutboxRelay`."""

    scope: Scope
    """names and tags of the service that owns the table"""
    defaults: FunctionDefaults
    """runtime, architecture and logs"""
    code: Code
    """the relay's package"""
    table: Table
    """a streamed table with `OUTBOX_INDEX`"""
    topic: Topic
    """where events go"""
    memory_mb: int
    """128 to 10,240 MB"""
    timeout_seconds: int
    """1 to 300 s"""
    grace_seconds: int
    """age at which the sweep takes an unpublished event for forgotten"""
    behind_alarm_seconds: int
    """age of the oldest unpublished event that raises an alarm"""
    undelivered: Queue
    """the service's queue: a sweep that could not be started goes to its dead letters"""
    key: Key | None = None
    """customer managed key of the service"""


class OutboxRelay(pulumi.ComponentResource):
    """A failed batch is retried whole; what still fails is named in a queue of its own.

    What holds no event is left to the sweep, which fails for it until somebody mends it.
    """

    def __init__(
        self, name: str, args: OutboxRelayArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("storefront:blocks:OutboxRelay", name, {}, opts)
        self._name = name
        self._args = args
        self.failures = self._create_failures()
        self.function = self._create_function()
        self.log_group = self.function.log_group
        self._create_stream_trigger()
        self._create_sweep()
        self.register_outputs({"function_name": self.function.name})

    def alarms(self) -> tuple[AlarmSpec, ...]:
        """The function's own, events that wait, and events that the stream gave up on."""
        outbox = WatchedOutbox(
            service=self._args.scope.service, behind_seconds=self._args.behind_alarm_seconds
        )
        return (
            *self.function.alarms(),
            *outbox.alarms(),
            AlarmSpec(
                role="relay-failures",
                description="The stream gave up on events; the sweep must publish them.",
                runbook="relay-failures",
                namespace="AWS/SQS",
                metric="ApproximateNumberOfMessagesVisible",
                dimensions={"QueueName": self.failures.name},
                statistic="Maximum",
                threshold=0,
                lasting=True,
            ),
        )

    def _create_failures(self) -> aws.sqs.Queue:
        return aws.sqs.Queue(
            f"{self._name}-failures",
            name=self._args.scope.physical("queue", "relay-failures"),
            message_retention_seconds=14 * 24 * 60 * 60,
            sqs_managed_sse_enabled=None if self._args.key else True,
            kms_master_key_id=arn_of(self._args.key),
            tags=self._args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_function(self) -> Function:
        args = self._args
        report_failures = Grant(
            statements=(
                Statement(
                    sid="ReportFailures",
                    actions=("sqs:SendMessage",),
                    resources=(self.failures.arn,),
                ),
                *((args.key.send("sqs"),) if args.key else ()),
            )
        )
        outbox = args.table.grant("Outbox", ["UpdateItem"], indexes=[OUTBOX_INDEX.name])
        return Function(
            f"{self._name}-relay",
            FunctionArgs(
                scope=args.scope,
                role="relay",
                defaults=args.defaults,
                code=args.code,
                handler="relay.handler.handle",
                memory_mb=args.memory_mb,
                timeout_seconds=args.timeout_seconds,
                key=args.key,
                latency_alarm_ms=args.timeout_seconds * 500,
                grants=[
                    Grant(statements=outbox.statements),
                    args.table.grant_stream(),
                    args.topic.grant_publish(),
                    report_failures,
                ],
                environment={
                    "RELAY_TABLE_NAME": args.table.name,
                    "RELAY_GRACE_SECONDS": str(args.grace_seconds),
                },
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_stream_trigger(self) -> None:
        aws.lambda_.EventSourceMapping(
            f"{self._name}-trigger",
            event_source_arn=self._args.table.stream_arn,
            function_name=self.function.arn,
            starting_position="TRIM_HORIZON",
            batch_size=25,
            maximum_retry_attempts=_RETRIES,
            maximum_record_age_in_seconds=_RECORD_AGE_SECONDS,
            filter_criteria={"filters": [{"pattern": json.dumps(_FILTER)}]},
            destination_config={"on_failure": {"destination_arn": self.failures.arn}},
            tags=self._args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.function.policy]),
        )

    def _create_sweep(self) -> None:
        Schedule(
            f"{self._name}-sweep",
            ScheduleArgs(
                scope=self._args.scope,
                role="relay-sweep",
                function=self.function,
                every_minutes=1,
                undelivered=self._args.undelivered,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
