"""Follows the relations between recorded resources."""

from __future__ import annotations

import json
from typing import Any

from tests.support.harness import Built, Resource

ALIAS = "aws:lambda/alias:Alias"
FUNCTION = "aws:lambda/function:Function"
MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"
QUEUE = "aws:sqs/queue:Queue"
TABLE = "aws:dynamodb/table:Table"
PROXY = "aws:rds/proxy:Proxy"
FLOW_LOG = "aws:ec2/flowLog:FlowLog"
ROLE = "aws:iam/role:Role"
POLICY = "aws:iam/rolePolicy:RolePolicy"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
COMPOSITE = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
SELECTION = "aws:backup/selection:Selection"
SERVICES = ("orders", "payments", "inventory", "notifications")


def statements(policy: Resource) -> list[dict[str, Any]]:
    """The statements of a policy resource, of whichever kind."""
    document = json.loads(policy.inputs["policy"])
    found: list[dict[str, Any]] = document["Statement"]
    return found


def behind(built: Built, arn: str) -> Resource:
    """The one resource with this ARN; raises LookupError when it is not in the stack."""
    found = [
        resource
        for resource in built
        if resource.outputs.get("arn") == arn and "arn" not in resource.inputs
    ]
    if len(found) != 1:
        raise LookupError(f"{len(found)} resources have the ARN {arn!r}")
    return found[0]


def called(built: Built, alias_arn: str) -> Resource:
    """The function behind an alias; raises LookupError when the ARN is no alias of the stack."""
    alias = behind(built, alias_arn)
    if alias.type != ALIAS:
        raise LookupError(f"{alias_arn} is no alias: its calls would not follow a release")
    return next(
        function
        for function in built.of_type(FUNCTION)
        if function.inputs["name"] == alias.inputs["functionName"]
    )


def main_queues(built: Built) -> list[Resource]:
    """The queues that something redrives from."""
    return [queue for queue in built.of_type(QUEUE) if "redrivePolicy" in queue.inputs]


def queue_mappings(built: Built) -> list[Resource]:
    """The event source mappings of queues."""
    return [
        mapping
        for mapping in built.of_type(MAPPING)
        if mapping.inputs["eventSourceArn"].startswith("arn:aws:sqs:")
    ]


def stream_mappings(built: Built) -> list[Resource]:
    """The event source mappings of table streams."""
    return [
        mapping
        for mapping in built.of_type(MAPPING)
        if mapping.inputs["eventSourceArn"].startswith("arn:aws:dynamodb:")
    ]


def environment(function: Resource) -> dict[str, str]:
    """A function's environment variables."""
    variables: dict[str, str] = function.inputs["environment"]["variables"]
    return variables


def container(task: Resource) -> dict[str, Any]:
    """The one container of a task definition."""
    (found,) = json.loads(task.inputs["containerDefinitions"])
    assert isinstance(found, dict)
    return found
