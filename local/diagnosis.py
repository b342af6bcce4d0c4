"""Says which service stopped, from what the embedded AWS and the containers have logged."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from local.resources import Cloud

_DENIED = re.compile(
    r"arn:aws:sts::\d+:assumed-role/(?P<role>[\w+=,.@-]+)/[\w+=,.@-]+ is not authorized to "
    r"perform: (?P<action>[\w-]+:\w+)"
)
_DEPTHS = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")


@dataclass(frozen=True, order=True)
class Denial:
    """A request that IAM refused."""

    service: str
    role: str
    action: str

    def __str__(self) -> str:
        return f"{self.service} stopped: AccessDenied for role {self.role}, action {self.action}"


def why(cloud: Cloud, directory: Path, otherwise: str = "", error: str = "") -> str:
    """One line, `<service> stopped: <why>`; `otherwise` when no log and no queue tells.

    `error`: what ended the run, which may name a refusal itself.
    """
    try:
        if found := denials(cloud, directory, error):
            return "; ".join(str(denial) for denial in found)
        if stuck := waiting(cloud):
            return "; ".join(f"{service} stopped: {what}" for service, what in stuck)
    except (BotoCoreError, ClientError) as error:
        return f"the embedded AWS stopped: {error}"
    return otherwise


def denials(cloud: Cloud, directory: Path, error: str = "") -> list[Denial]:
    """Every refusal in the functions' and containers' logs and in `error`, once each."""
    found = {
        (match["role"], match["action"])
        for line in (error, *log_lines(cloud, directory))
        for match in _DENIED.finditer(line)
    }
    return sorted(Denial(_service_of(cloud, role), role, action) for role, action in found)


def log_lines(cloud: Cloud, directory: Path) -> Iterator[str]:
    """Every line that a function or a container has logged."""
    yield from _function_lines(cloud)
    yield from _container_lines(directory)


def waiting(cloud: Cloud) -> list[tuple[str, str]]:
    """For each queue that holds messages: its service, and how many messages of which queue."""
    sqs = cloud.client("sqs")
    found = []
    for url in sqs.list_queues().get("QueueUrls", []):
        counted = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(_DEPTHS))
        if count := sum(int(value) for value in counted["Attributes"].values()):
            name = url.rpartition("/")[2]
            service = sqs.list_queue_tags(QueueUrl=url).get("Tags", {}).get("service", name)
            found.append((service, f"{count} messages wait in {name}"))
    return sorted(found)


def _function_lines(cloud: Cloud) -> Iterator[str]:
    logs = cloud.client("logs")
    for page in logs.get_paginator("describe_log_groups").paginate():
        for group in page["logGroups"]:
            events = logs.get_paginator("filter_log_events")
            for part in events.paginate(logGroupName=group["logGroupName"]):
                yield from (event["message"] for event in part["events"])


def _container_lines(directory: Path) -> Iterator[str]:
    for log in directory.glob("*.log"):
        yield from log.read_text(errors="replace").splitlines()


def _service_of(cloud: Cloud, role: str) -> str:
    """The service that a role is tagged with; the role's own name when it has no tag."""
    try:
        tags = cloud.client("iam").list_role_tags(RoleName=role)["Tags"]
    except ClientError:
        return role
    return next((tag["Value"] for tag in tags if tag["Key"] == "service"), role)
