"""What can be put right without asking, where a stack sets a rule's level to `remediate`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pulumi_policy import ResourceValidationArgs

from policy.reading import raw

RETENTION_DAYS = 90


def with_retention(args: ResourceValidationArgs) -> Any:
    """The log group with a retention, if it has none."""
    if args.resource_type != "aws:cloudwatch/logGroup:LogGroup":
        return None
    if args.props.get("retentionInDays"):
        return None
    return {**raw(args.props), "retentionInDays": RETENTION_DAYS}


def with_tags(args: ResourceValidationArgs) -> Any:
    """The resource with the tags that its URN tells: project, environment, managed-by."""
    from policy.rules.delivery import TAGGED

    if args.resource_type not in TAGGED:
        return None
    tags = args.props.get("tags") or {}
    stack, project = args.urn.split("::")[0].rpartition(":")[2], args.urn.split("::")[1]
    known = {"project": project, "environment": stack, "managed-by": "pulumi"}
    if all(tags.get(name) for name in known):
        return None
    return {**raw(args.props), "tags": {**known, **(raw(tags) if tags else {})}}


REPAIRS: dict[str, Callable[[ResourceValidationArgs], Any]] = {
    "log-retention": with_retention,
    "required-tags": with_tags,
}
