"""A DynamoDB table with string keys `pk` and `sk`, indexes, TTL and an optional stream."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.blocks.alarms import AlarmSpec
from components.blocks.grants import Grant, Statement
from components.blocks.keys import Key, arn_of
from components.blocks.protection import data_options
from components.blocks.table_scaling import Capacity, scale_table
from components.naming import Scope

_SCALED = ["readCapacity", "writeCapacity"]


@dataclass(frozen=True, kw_only=True)
class Index:
    """A global secondary index over two string attributes."""

    name: str
    hash_key: str
    range_key: str
    projection: str = "ALL"


@dataclass(frozen=True, kw_only=True)
class TableArgs:
    """Arguments of `Table`."""

    scope: Scope
    """names and tags"""
    variable: str
    """environment variable that tells a consumer the table's name"""
    deletion_protected: bool
    """whether AWS refuses to delete the table"""
    indexes: Sequence[Index] = ()
    """global secondary indexes"""
    streamed: bool = False
    """whether new images are streamed"""
    key: Key | None = None
    """customer managed key; without one, AWS's own key for DynamoDB"""
    capacity: Capacity | None = None
    """provisioned and following the use; without it each request is paid for"""


class Table(pulumi.ComponentResource):
    """Encrypted at rest, with point-in-time recovery, on demand or as large as it is used."""

    arn: pulumi.Output[str]
    name: pulumi.Output[str]
    stream_arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: TableArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("storefront:blocks:Table", name, {}, opts)
        self._args = args
        self.key = args.key
        self.table = self._create_table(name)
        self.arn = self.table.arn
        self.name = self.table.name
        self.stream_arn = self.table.stream_arn
        if args.capacity:
            indexes = [index.name for index in args.indexes]
            scale_table(self, name, args.scope, self.table, indexes, args.capacity)
        self.register_outputs({"arn": self.arn, "name": self.name})

    def grant(self, sid: str, actions: Sequence[str], indexes: Sequence[str] = ()) -> Grant:
        """`actions` (without the `dynamodb:` prefix) on the table; Query on `indexes` as well."""
        statements = [
            Statement(
                sid=sid,
                actions=tuple(f"dynamodb:{action}" for action in actions),
                resources=(self.arn,),
            )
        ]
        if indexes:
            statements.append(
                Statement(
                    sid=f"{sid}Indexes",
                    actions=("dynamodb:Query",),
                    resources=tuple(
                        pulumi.Output.concat(self.arn, f"/index/{index}") for index in indexes
                    ),
                )
            )
        return Grant(
            statements=(*statements, *self._decrypt()),
            environment={self._args.variable: self.name},
        )

    def grant_stream(self) -> Grant:
        """Read the table's stream, as an event source mapping does on the function's behalf."""
        return Grant(
            statements=(
                Statement(
                    sid="ReadStream",
                    actions=(
                        "dynamodb:DescribeStream",
                        "dynamodb:GetRecords",
                        "dynamodb:GetShardIterator",
                    ),
                    resources=(self.stream_arn,),
                ),
                Statement(sid="ListStreams", actions=("dynamodb:ListStreams",), resources=("*",)),
                *self._decrypt(),
            )
        )

    def _decrypt(self) -> tuple[Statement, ...]:
        """DynamoDB opens the table's own key in its caller's name, to write as well as to read."""
        return (self._args.key.read("dynamodb"),) if self._args.key else ()

    def alarms(self) -> tuple[AlarmSpec, ...]:
        """Throttled reads and writes."""
        return tuple(
            AlarmSpec(
                role=f"table-{kind.lower()}-throttles",
                description=f"{kind}s of the table are throttled.",
                runbook="table-throttles",
                namespace="AWS/DynamoDB",
                metric=f"{kind}ThrottleEvents",
                dimensions={"TableName": self.name},
                statistic="Sum",
                threshold=0,
                periods=3,
                datapoints=2,
            )
            for kind in ("Read", "Write")
        )

    def _create_table(self, name: str) -> aws.dynamodb.Table:
        args = self._args
        units = args.capacity.min_units if args.capacity else None
        keys = ["pk", "sk", *(key for i in args.indexes for key in (i.hash_key, i.range_key))]
        return aws.dynamodb.Table(
            f"{name}-table",
            name=args.scope.physical("table"),
            billing_mode="PROVISIONED" if args.capacity else "PAY_PER_REQUEST",
            read_capacity=units,
            write_capacity=units,
            hash_key="pk",
            range_key="sk",
            attributes=[{"name": key, "type": "S"} for key in dict.fromkeys(keys)],
            global_secondary_indexes=[
                {
                    "name": index.name,
                    "key_schemas": [
                        {"attribute_name": index.hash_key, "key_type": "HASH"},
                        {"attribute_name": index.range_key, "key_type": "RANGE"},
                    ],
                    "projection_type": index.projection,
                    "read_capacity": units,
                    "write_capacity": units,
                }
                for index in args.indexes
            ],
            stream_enabled=args.streamed,
            stream_view_type="NEW_IMAGE" if args.streamed else None,
            ttl={"attribute_name": "expires_at", "enabled": True},
            point_in_time_recovery={"enabled": True},
            server_side_encryption={"enabled": True, "kms_key_arn": arn_of(args.key)},
            deletion_protection_enabled=args.deletion_protected,
            tags=args.scope.tags,
            opts=data_options(self, args.deletion_protected, ignore_changes=self._left_alone()),
        )

    def _left_alone(self) -> list[str]:
        """What the scaling sets, and a deployment must not set back."""
        if self._args.capacity is None:
            return []
        return [*_SCALED, *(f"globalSecondaryIndexes[*].{units}" for units in _SCALED)]
