"""What passes the VPC, written down: who spoke to whom, and who was refused."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.blocks.boundary import Boundary
from components.blocks.grants import Statement, component_inputs
from components.blocks.keys import Key, arn_of
from components.blocks.roles import Role, RoleArgs, create_role
from components.naming import Scope

_ROLE = "flow-logs"
_WRITE = Statement(
    sid="Logs",
    actions=("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"),
)
_FIND = Statement(sid="FindLogs", actions=("logs:DescribeLogGroups",), resources=("*",))
_INTERVAL_SECONDS = 600
"""The longer of the two that AWS has: a sixth to a tenth of the lines, and of their price."""


@dataclass(frozen=True, kw_only=True)
class FlowLogsArgs:
    """Arguments of `FlowLogs`."""

    scope: Scope
    """names and tags"""
    boundary: Boundary
    """what the role may do at the very most"""
    vpc_id: pulumi.Input[str]
    """whose traffic"""
    key: Key | None = None
    """what they are encrypted with"""
    retention_days: int
    """days that they are kept"""


class FlowLogs(pulumi.ComponentResource):
    """All traffic, in a log group that only the flow logs' own role writes to."""

    def __init__(
        self, name: str, args: FlowLogsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        inputs = component_inputs((_WRITE, _FIND))
        super().__init__("storefront:blocks:FlowLogs", name, inputs, opts)
        self._name = name
        self._args = args
        self.log_group = self._create_log_group()
        self.role = self._create_role()
        self.flow_log = self._create_flow_log()
        self.register_outputs({})

    def _create_log_group(self) -> aws.cloudwatch.LogGroup:
        return aws.cloudwatch.LogGroup(
            f"{self._name}-group",
            name=f"/aws/vpc/{self._args.scope.physical('role', _ROLE)}",
            retention_in_days=self._args.retention_days,
            kms_key_id=arn_of(self._args.key),
            tags=self._args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_role(self) -> Role:
        return create_role(
            self,
            self._name,
            RoleArgs(
                scope=self._args.scope,
                role=_ROLE,
                taken_by="vpc-flow-logs.amazonaws.com",
                boundary=self._args.boundary,
                statements=(
                    _WRITE.on(pulumi.Output.concat(self.log_group.arn, ":*")),
                    _FIND,
                ),
            ),
        )

    def _create_flow_log(self) -> aws.ec2.FlowLog:
        return aws.ec2.FlowLog(
            f"{self._name}-log",
            vpc_id=self._args.vpc_id,
            traffic_type="ALL",
            log_destination_type="cloud-watch-logs",
            log_destination=self.log_group.arn,
            iam_role_arn=self.role.arn,
            max_aggregation_interval=_INTERVAL_SECONDS,
            tags=self._args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.role.policy]),
        )
