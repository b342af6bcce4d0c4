"""What operations need of every resource: owners, alarms, approvals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policy.rule import LOW, MANDATORY, Resource, Stack, rule

TAGGED = (
    "aws:cloudwatch/logGroup:LogGroup",
    "aws:dynamodb/table:Table",
    "aws:ecs/cluster:Cluster",
    "aws:ecs/service:Service",
    "aws:iam/role:Role",
    "aws:kms/key:Key",
    "aws:lambda/function:Function",
    "aws:lb/loadBalancer:LoadBalancer",
    "aws:rds/cluster:Cluster",
    "aws:s3/bucket:Bucket",
    "aws:sns/topic:Topic",
    "aws:sqs/queue:Queue",
)


@rule(
    *TAGGED,
    severity=LOW,
    remedy="Pass the tags of the resource's scope.",
    reference="https://docs.aws.amazon.com/whitepapers/latest/tagging-best-practices/tagging-best-practices.html",
    dev=MANDATORY,
    prod=MANDATORY,
    required=("project", "environment", "service", "cost-center", "managed-by"),
)
def required_tags(resource: Resource, stack: Stack, settings: Mapping[str, Any]) -> Iterator[str]:
    """Everything that costs money or holds data says whose it is."""
    tags = resource.props.part("tags")
    missing = [name for name in settings["required"] if not tags.text(name)]
    if missing:
        yield f"tags lack {', '.join(missing)}"
