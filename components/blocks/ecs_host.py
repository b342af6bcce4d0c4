"""An ECS cluster, and how workloads run on it: as Fargate services."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.blocks.container_service import (
    ON_DEMAND,
    SPOT,
    Capacity,
    ContainerService,
    ContainerServiceArgs,
)
from components.blocks.grants import Grant, Statement
from components.blocks.workload import ContainerHostArgs, WorkloadArgs


class EcsHost:
    """Its resources are `parent`'s own; each task is found in Cloud Map by itself."""

    balanced = False

    def __init__(self, parent: pulumi.Resource, name: str, args: ContainerHostArgs) -> None:
        self._own = pulumi.ResourceOptions(parent=parent)
        self._args = args
        self._cluster = aws.ecs.Cluster(
            f"{name}-cluster",
            name=args.scope.physical("cluster"),
            settings=[{"name": "containerInsights", "value": "enabled"}],
            tags=args.scope.tags,
            opts=self._own,
        )
        self._providers = self._create_providers(name) if args.spot_percent else []

    def run(self, name: str, workload: WorkloadArgs) -> ContainerService:
        """The workload as a service."""
        args = self._args
        return ContainerService(
            name,
            ContainerServiceArgs(
                **vars(workload),
                cluster=self._cluster,
                network=args.network,
                group=args.group,
                region=args.region,
                log_retention_days=args.log_retention_days,
                log_key=args.log_key,
                capacity=Capacity(
                    spot_percent=args.spot_percent,
                    on_demand_base=args.on_demand_base,
                    providers=self._providers,
                ),
            ),
            self._own,
        )

    def grant_protection(self) -> Grant:
        """Protect a task of the cluster; the agent beside it asks with the task's own role."""
        tasks = self._cluster.arn.apply(lambda arn: arn.replace(":cluster/", ":task/", 1) + "/*")
        protect = Statement(
            sid="ProtectTask", actions=("ecs:UpdateTaskProtection",), resources=(tasks,)
        )
        return Grant(statements=(protect,))

    def _create_providers(self, name: str) -> list[pulumi.Resource]:
        return [
            aws.ecs.ClusterCapacityProviders(
                f"{name}-capacity",
                cluster_name=self._cluster.name,
                capacity_providers=[ON_DEMAND, SPOT],
                opts=self._own,
            )
        ]
