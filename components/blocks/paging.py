"""Composite alarms: several alarms of one fault, one message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.blocks.alarms import described
from components.naming import Scope

WAIT_SECONDS = 120
"""How long a message waits for the alarm that would make it needless."""
EXTENSION_SECONDS = 300
"""How long it waits once that alarm is over, since what it says is slower to recover."""


@dataclass(frozen=True, kw_only=True)
class CompositeArgs:
    """What a composite alarm says, when, and to whom."""

    scope: Scope
    """names and tags"""
    role: str
    """what it is to its service"""
    description: str
    """what is wrong, as a sentence"""
    runbook: str
    """the page of docs/runbooks, without its ending"""
    rule: pulumi.Input[str]
    """the alarm rule"""
    topic_arn: pulumi.Input[str] | None = None
    """who is told on alarm and on recovery; nobody where it only keeps others silent"""
    suppressor: aws.cloudwatch.CompositeAlarm | None = None
    """while this one fires nobody is told"""


def any_of(*rules: pulumi.Input[str]) -> pulumi.Output[str]:
    """The rule that fires when one of `rules` does."""
    return pulumi.Output.all(*rules).apply(" OR ".join)


def all_of(*rules: pulumi.Input[str]) -> pulumi.Output[str]:
    """The rule, in brackets, that fires when all of `rules` do."""
    return pulumi.Output.concat("(", pulumi.Output.all(*rules).apply(" AND ".join), ")")


def firing(name: pulumi.Input[str]) -> pulumi.Output[str]:
    """The rule that fires with the alarm of this name."""
    return pulumi.Output.concat('ALARM("', name, '")')


def create_composite(
    parent: pulumi.ComponentResource, name: str, args: CompositeArgs
) -> aws.cloudwatch.CompositeAlarm:
    """The composite alarm `<name>-<role>`."""
    told: Sequence[pulumi.Input[str]] = [args.topic_arn] if args.topic_arn is not None else []
    return aws.cloudwatch.CompositeAlarm(
        f"{name}-{args.role}",
        alarm_name=args.scope.physical("alarm", args.role),
        alarm_description=described(args.description, args.runbook),
        alarm_rule=args.rule,
        alarm_actions=told,
        ok_actions=told,
        actions_suppressor={
            "alarm": args.suppressor.arn,
            "wait_period": WAIT_SECONDS,
            "extension_period": EXTENSION_SECONDS,
        }
        if args.suppressor
        else None,
        tags=args.scope.tags,
        opts=pulumi.ResourceOptions(parent=parent),
    )
