"""A container that runs as a service: what it is, whatever runs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import pulumi

from components.blocks.alarms import NAMESPACE, AlarmSpec, Watched
from components.blocks.boundary import Boundary
from components.blocks.discovery import Discovery
from components.blocks.grants import Grant, Statement, merged_environment
from components.blocks.keys import Key
from components.blocks.load_balancer import LoadBalancer
from components.blocks.network import Network, SecurityGroup
from components.blocks.queue import Queue
from components.naming import Scope

USER = 10001
"""The numeric user that the image's processes run as."""
SATURATED_PERCENT = 85
"""Of its CPU or memory: tasks that use so much for minutes are short of it."""
STOP_SECONDS = 30
"""Between SIGTERM and SIGKILL."""


@dataclass(frozen=True, kw_only=True)
class ContainerHostArgs:
    """What the hosts are given; each says which values are its own."""

    platform: str
    """`ecs` or `eks`"""
    scope: Scope
    """names and tags"""
    network: Network
    """where it stands"""
    group: SecurityGroup
    """the containers' security group"""
    region: str
    """AWS region"""
    boundary: Boundary
    """what roles may do at the very most"""
    queue: Queue
    """whose length the autoscaler reads"""
    log_retention_days: int
    """days that logs are kept"""
    log_key: Key | None
    """customer managed key of the logs"""
    spot_percent: int
    """ECS: share of the tasks beyond the base that runs on spot"""
    on_demand_base: int
    """ECS: tasks of each service that never run on spot"""
    version: str
    """EKS: Kubernetes, e.g. 1.34"""
    access_cidrs: Sequence[str]
    """EKS: who may reach the cluster's API from outside the VPC"""


class ContainerHost(Protocol):
    """What runs workloads; `balanced`: Cloud Map names its load balancer, not its instances."""

    balanced: bool

    def run(self, name: str, workload: WorkloadArgs) -> Watched:
        """The workload as a service."""
        ...

    def grant_protection(self) -> Grant:
        """Say that a container is at work and must not be taken away, where that can be said."""
        ...


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """How others reach a service: its load balancer and discovery name."""

    health_path: str
    """answers 200 while it is healthy"""
    balancer: LoadBalancer
    discovery: Discovery


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """How many run: never fewer than `tasks_count`, never more than `tasks_max`."""

    tasks_max: int
    cpu_percent: int
    """average CPU that the number of tasks is held at"""
    backlog_messages: int
    """messages waiting for each task that the number of tasks is held at"""
    queue: Queue | None = None
    """the queue that it works off, if it does"""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """The metrics, in percent of what a task has, by which a host tells what its tasks use."""

    namespace: str
    cpu: str
    memory: str


@dataclass(frozen=True, kw_only=True)
class WorkloadArgs:
    """What a container is."""

    scope: Scope
    """names and tags"""
    role: str
    """what the container is to its service: api, worker"""
    image: str
    """repository@sha256:digest"""
    image_repository_arn: pulumi.Input[str]
    """the ECR repository that the image is pulled from"""
    command: Sequence[str]
    """what the container runs"""
    port: int
    """where it answers whether it is healthy, and whatever else it serves"""
    port_variable: str
    """the environment variable that holds the port"""
    health_command: Sequence[str]
    """exits 0 in the container while it is healthy"""
    cpu_units: int
    """1,024 are one vCPU"""
    memory_mb: int
    """memory of a task"""
    tasks_count: int
    """tasks at the least"""
    scaling: Scaling
    """tasks at the most, and when"""
    log_level: str
    """DEBUG to ERROR"""
    boundary: Boundary
    """what its roles may do at the very most"""
    grants: Sequence[Grant] = ()
    """what the container may use"""
    environment: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """variables beyond those the grants bring"""
    exposure: Exposure | None = None
    """set for a service that others call"""

    def statements(self) -> list[Statement]:
        """All that its role may do."""
        return [entry for grant in self.grants for entry in grant.statements]

    def alarms(
        self, usage: Usage, dimensions: Mapping[str, pulumi.Input[str]]
    ) -> tuple[AlarmSpec, ...]:
        """Saturation, and what the load balancer of an exposed one sees."""
        saturation = tuple(
            AlarmSpec(
                role=f"{self.role}-{what.lower()}",
                description=f"Tasks are short of {what} (%).",
                runbook=f"container-{what.lower()}",
                namespace=usage.namespace,
                metric=metric,
                dimensions=dimensions,
                statistic="Average",
                threshold=SATURATED_PERCENT,
                periods=5,
                datapoints=5,
            )
            for what, metric in (("CPU", usage.cpu), ("memory", usage.memory))
        )
        return (*saturation, *self.exposure.balancer.alarms()) if self.exposure else saturation

    def variables(self) -> dict[str, pulumi.Input[str]]:
        """All of its environment variables."""
        return {
            "POWERTOOLS_SERVICE_NAME": self.scope.service,
            "POWERTOOLS_METRICS_NAMESPACE": NAMESPACE,
            "POWERTOOLS_LOG_LEVEL": self.log_level,
            **merged_environment(self.grants),
            **self.environment,
            self.port_variable: str(self.port),
        }
