"""Pipelines that start by the clock."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.blocks.boundary import Boundary
from components.blocks.grants import Statement
from components.blocks.roles import RoleArgs, create_role
from components.naming import Scope

_START = "codepipeline:StartPipelineExecution"


@dataclass(frozen=True, kw_only=True)
class TimedStartArgs:
    """Arguments of `TimedStart`."""

    scope: Scope
    """names and tags"""
    role: str
    """what is started"""
    boundary: Boundary
    expression: str
    """EventBridge's `cron(…)` in UTC or `rate(…)`"""
    pipeline_arn: pulumi.Input[str]
    """what is started"""


class TimedStart(pulumi.ComponentResource):
    """A rule, its target, and the role by which EventBridge starts it."""

    def __init__(
        self, name: str, args: TimedStartArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("storefront:delivery:TimedStart", name, {}, opts)
        own = pulumi.ResourceOptions(parent=self)
        start = Statement(sid="Start", actions=(_START,), resources=(args.pipeline_arn,))
        starter = create_role(
            self,
            name,
            RoleArgs(
                scope=args.scope,
                role=f"start-{args.role}",
                taken_by="events.amazonaws.com",
                boundary=args.boundary,
                statements=[start],
            ),
        )
        rule = aws.cloudwatch.EventRule(
            f"{name}-rule",
            name=args.scope.physical("rule", args.role),
            schedule_expression=args.expression,
            tags=args.scope.tags,
            opts=own,
        )
        aws.cloudwatch.EventTarget(
            f"{name}-target",
            rule=rule.name,
            arn=args.pipeline_arn,
            role_arn=starter.arn,
            opts=own,
        )
        self.register_outputs({})
