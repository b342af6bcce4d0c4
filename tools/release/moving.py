"""Moves traffic: at once by itself, or step by step through CodeDeploy and ECS."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tools.release.found import ALIAS, Clients, FunctionVersions, ServiceRevisions, revision

_POLL_SECONDS = 5.0
_UNDER_WAY = frozenset({"Created", "Queued", "InProgress", "Baking", "Ready"})
_CONTAINERS_UNDER_WAY = frozenset(
    {"PENDING", "IN_PROGRESS", "STOP_REQUESTED", "ROLLBACK_REQUESTED"}
)


class ReleaseError(Exception):
    """A release cannot be made, or was taken back; the message says which, why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Shifting:
    """A deployment that CodeDeploy has been asked for."""

    function: str
    version: int
    deployment: str


def move_alias(clients: Clients, function: FunctionVersions, version: int) -> str:
    """All of a function's traffic to `version`, at once; what was done, as a line."""
    clients("lambda").update_alias(
        FunctionName=function.name,
        Name=ALIAS,
        FunctionVersion=str(version),
        RoutingConfig={"AdditionalVersionWeights": {}},
    )
    return f"{function.name} {function.serving} -> {version}"


def move_service(clients: Clients, service: ServiceRevisions, definition: str) -> str:
    """A container service to another task definition, by the strategy that it has."""
    clients("ecs").update_service(
        cluster=service.cluster, service=service.name, taskDefinition=definition
    )
    return f"{service.name} {revision(service.serving)} -> {revision(definition)}"


def shift(
    clients: Clients, application: str, hook: str, function: FunctionVersions, version: int
) -> Shifting:
    """Ask CodeDeploy to bring `version` into service; `hook` is the smoke test's ARN, or empty."""
    content = app_spec(function, version, hook)
    made = clients("codedeploy").create_deployment(
        applicationName=application,
        deploymentGroupName=function.name,
        description=f"{function.name} {function.serving} -> {version}",
        revision={
            "revisionType": "AppSpecContent",
            "appSpecContent": {
                "content": content,
                "sha256": hashlib.sha256(content.encode()).hexdigest(),
            },
        },
    )
    return Shifting(function=function.name, version=version, deployment=made["deploymentId"])


def app_spec(function: FunctionVersions, version: int, hook: str) -> str:
    """What CodeDeploy is told: which alias, from which version to which, and whom to ask."""
    asked = [{"BeforeAllowTraffic": hook}, {"AfterAllowTraffic": hook}] if hook else []
    return json.dumps(
        {
            "version": 0.0,
            "Resources": [
                {
                    function.name: {
                        "Type": "AWS::Lambda::Function",
                        "Properties": {
                            "Name": function.name,
                            "Alias": ALIAS,
                            "CurrentVersion": str(function.serving),
                            "TargetVersion": str(version),
                        },
                    }
                }
            ],
            "Hooks": asked,
        }
    )


def await_shifts(clients: Clients, shifts: Sequence[Shifting]) -> Iterator[str]:
    """A line for each function that serves it; raises ReleaseError for those taken back."""
    waiting = {shifted.deployment: shifted for shifted in shifts}
    taken_back: list[str] = []
    while waiting:
        for deployment, shifted in list(waiting.items()):
            found = clients("codedeploy").get_deployment(deploymentId=deployment)["deploymentInfo"]
            if found["status"] in _UNDER_WAY:
                continue
            del waiting[deployment]
            if found["status"] == "Succeeded":
                yield f"{shifted.function} serves version {shifted.version}"
            else:
                taken_back.append(_why(shifted, found))
        if waiting:
            time.sleep(_POLL_SECONDS)
    if taken_back:
        raise ReleaseError("; ".join(taken_back))


def await_service(clients: Clients, service: ServiceRevisions) -> str:
    """A line when the newest deployment of a service has ended well; raises ReleaseError."""
    while (newest := _deployment(clients, service))["status"] in _CONTAINERS_UNDER_WAY:
        time.sleep(_POLL_SECONDS)
    if newest["status"] != "SUCCESSFUL":
        raise ReleaseError(
            f"{service.name} was taken back: {newest['status']}, "
            f"{newest.get('statusReason', 'no reason')}; see docs/runbooks/release.md"
        )
    return f"{service.name} serves {revision(service.newest)}"


def _deployment(clients: Clients, service: ServiceRevisions) -> dict[str, Any]:
    answer = clients("ecs").list_service_deployments(cluster=service.cluster, service=service.name)
    newest: dict[str, Any] = max(
        answer["serviceDeployments"], key=lambda deployment: deployment["createdAt"]
    )
    return newest


def _why(shifted: Shifting, found: dict[str, Any]) -> str:
    error = found.get("errorInformation", {})
    reason = error.get("message") or found["status"]
    return (
        f"{shifted.function} was taken back from version {shifted.version}: {reason} "
        f"({shifted.deployment}); see docs/runbooks/release.md"
    )
