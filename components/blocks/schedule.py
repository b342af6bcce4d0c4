"""Running a function at a fixed rate."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.blocks.function import Function
from components.blocks.queue import Queue
from components.naming import Scope


@dataclass(frozen=True, kw_only=True)
class ScheduleArgs:
    """Arguments of `Schedule`."""

    scope: Scope
    """names and tags"""
    role: str
    """what is done"""
    function: Function
    """what runs"""
    every_minutes: int
    """minutes between two runs"""
    undelivered: Queue
    """of the same service: a run that could not be started goes to its dead letters"""


class Schedule(pulumi.ComponentResource):
    """An EventBridge rule, its target, and the rule's permission to invoke it."""

    def __init__(
        self, name: str, args: ScheduleArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("storefront:blocks:Schedule", name, {}, opts)
        own = pulumi.ResourceOptions(parent=self)
        unit = "minute" if args.every_minutes == 1 else "minutes"
        rule = aws.cloudwatch.EventRule(
            f"{name}-rule",
            name=args.scope.physical("rule", args.role),
            schedule_expression=f"rate({args.every_minutes} {unit})",
            tags=args.scope.tags,
            opts=own,
        )
        args.function.admit(f"{name}-permission", "events.amazonaws.com", rule.arn, own)
        aws.cloudwatch.EventTarget(
            f"{name}-target",
            rule=rule.name,
            arn=args.function.arn,
            dead_letter_config={"arn": args.undelivered.dead_letters.arn},
            opts=own,
        )
        self.register_outputs({})
