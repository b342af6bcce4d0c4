"""What the embedded ECS wants to run, read through the APIs that everybody has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from local.resources import Cloud

_DESCRIBED_MAX = 10
"""Services that one DescribeServices call takes."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """One container of one service: how it runs, and how others find it."""

    service_arn: str
    service: str
    """the ECS service's name"""
    definition_arn: str
    container: str
    """its name in the task definition"""
    image: str
    """repository@digest or repository:tag"""
    command: tuple[str, ...]
    """empty: the image's own"""
    environment: dict[str, str]
    role_arn: str | None
    container_port: int | None
    registry_arn: str | None
    """the Cloud Map service"""
    target_group_arn: str | None
    """the load balancer's target group"""

    @property
    def definition(self) -> str:
        """`<family>:<revision>`"""
        return self.definition_arn.rpartition("/")[2]


class Ecs:
    """Reads the services of a cloud's region; for one thread at a time."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._definitions: dict[str, dict[str, Any]] = {}
        """by ARN: a revision never changes"""

    def wanted(self) -> list[Task]:
        """Every container of every active service, as often as the service desires it."""
        return [task for service in self._services() for task in self._tasks(service)]

    def _services(self) -> Iterator[dict[str, Any]]:
        client = self._cloud.client("ecs")
        for clusters in client.get_paginator("list_clusters").paginate():
            for cluster in clusters["clusterArns"]:
                pages = client.get_paginator("list_services").paginate(cluster=cluster)
                arns = [arn for page in pages for arn in page["serviceArns"]]
                for start in range(0, len(arns), _DESCRIBED_MAX):
                    some = arns[start : start + _DESCRIBED_MAX]
                    found = client.describe_services(cluster=cluster, services=some)["services"]
                    yield from (service for service in found if service["status"] == "ACTIVE")

    def _tasks(self, service: dict[str, Any]) -> Iterator[Task]:
        if service["desiredCount"]:
            definition = self._definition(service["taskDefinition"])
            for container in definition["containerDefinitions"]:
                yield from [_task(service, definition, container)] * service["desiredCount"]

    def _definition(self, arn: str) -> dict[str, Any]:
        if arn not in self._definitions:
            answer = self._cloud.client("ecs").describe_task_definition(taskDefinition=arn)
            self._definitions[arn] = answer["taskDefinition"]
        return self._definitions[arn]


def _task(service: dict[str, Any], definition: dict[str, Any], container: dict[str, Any]) -> Task:
    name = container["name"]
    ports = [mapping["containerPort"] for mapping in container.get("portMappings", [])]
    registries = service.get("serviceRegistries", []) if ports else []
    groups = [
        target["targetGroupArn"]
        for target in service.get("loadBalancers", [])
        if target["containerName"] == name
    ]
    return Task(
        service_arn=service["serviceArn"],
        service=service["serviceName"],
        definition_arn=definition["taskDefinitionArn"],
        container=name,
        image=container["image"],
        command=tuple(container.get("command", [])),
        environment={entry["name"]: entry["value"] for entry in container.get("environment", [])},
        role_arn=definition.get("taskRoleArn") or None,
        container_port=int(ports[0]) if ports else None,
        registry_arn=next((registry["registryArn"] for registry in registries), None),
        target_group_arn=next(iter(groups), None),
    )
