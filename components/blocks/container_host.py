"""Where a service's containers run: on ECS or on EKS, by a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.blocks.boundary import Boundary
from components.blocks.ecs_host import EcsHost, EcsHostArgs
from components.blocks.keys import Key
from components.blocks.network import Network, SecurityGroup
from components.blocks.queue import Queue
from components.blocks.workload import ContainerHost
from components.naming import Scope


@dataclass(frozen=True, kw_only=True)
class ContainerHostArgs:
    """Arguments of `container_host`."""

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


def container_host(parent: pulumi.Resource, name: str, args: ContainerHostArgs) -> ContainerHost:
    """The host; its resources are `parent`'s own. EKS's SDK is imported only where it is used."""
    if args.platform == "eks":
        from components.blocks.kubernetes.host import KubernetesHost, KubernetesHostArgs

        return KubernetesHost(
            parent,
            name,
            KubernetesHostArgs(
                scope=args.scope,
                network=args.network,
                network_block=args.network.cidr_block,
                group=args.group,
                region=args.region,
                version=args.version,
                access_cidrs=args.access_cidrs,
                queue=args.queue,
                boundary=args.boundary,
                log_retention_days=args.log_retention_days,
                log_key=args.log_key,
            ),
        )
    return EcsHost(
        parent,
        name,
        EcsHostArgs(
            scope=args.scope,
            network=args.network,
            group=args.group,
            region=args.region,
            log_retention_days=args.log_retention_days,
            log_key=args.log_key,
            spot_percent=args.spot_percent,
            on_demand_base=args.on_demand_base,
        ),
    )
