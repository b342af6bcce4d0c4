"""What starts by the clock: a pipeline every night, a step every hour."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.blocks.boundary import Boundary
from components.blocks.grants import Statement
from components.blocks.roles import RoleArgs, create_role
from components.naming import Scope


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
    action: str
    """the IAM action that starts it"""
    target_arn: pulumi.Input[str]
    """what is started"""


class TimedStart(pulumi.ComponentResource):
    """A rule, its target, and the role by which EventBridge starts it."""

    def __init__(
        self, name: str, args: TimedStartArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("storefront:delivery:TimedStart", name, {}, opts)
        own = pulumi.ResourceOptions(parent=self)
        start = Statement(sid="Start", actions=(args.action,), resources=(args.target_arn,))
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
            arn=args.target_arn,
            role_arn=starter.arn,
            opts=own,
        )
        self.register_outputs({})
