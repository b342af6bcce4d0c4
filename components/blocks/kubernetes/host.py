"""An EKS cluster, and how workloads run on it: as deployments behind the same load balancer."""

from __future__ import annotations

import pulumi

from components.blocks.eks_cluster import EksCluster, EksClusterArgs
from components.blocks.grants import Grant
from components.blocks.kubernetes.platform import KubernetesPlatform, KubernetesPlatformArgs
from components.blocks.kubernetes.service import KubernetesService, KubernetesServiceArgs
from components.blocks.workload import ContainerHostArgs, WorkloadArgs


class KubernetesHost:
    """Its components are `parent`'s own; Cloud Map names the load balancer for all pods."""

    balanced = True

    def __init__(self, parent: pulumi.Resource, name: str, args: ContainerHostArgs) -> None:
        self._own = pulumi.ResourceOptions(parent=parent)
        self._args = args
        self._cluster = EksCluster(
            f"{name}-kubernetes",
            EksClusterArgs(
                scope=args.scope,
                network=args.network,
                version=args.version,
                access_cidrs=args.access_cidrs,
                region=args.region,
                boundary=args.boundary,
                log_retention_days=args.log_retention_days,
                key=args.log_key,
            ),
            self._own,
        )
        self._platform = KubernetesPlatform(
            f"{name}-platform",
            KubernetesPlatformArgs(
                scope=args.scope,
                cluster=self._cluster,
                network=args.network,
                group=args.group,
                queue=args.queue,
                boundary=args.boundary,
            ),
            self._own,
        )

    def grant_protection(self) -> Grant:
        """Nothing: a pod that must go is told, and has the time that it was given."""
        return Grant(statements=())

    def run(self, name: str, workload: WorkloadArgs) -> KubernetesService:
        """The workload as a deployment."""
        return KubernetesService(
            name,
            KubernetesServiceArgs(
                **vars(workload),
                cluster=self._cluster,
                platform=self._platform,
                network_block=self._args.network.cidr_block,
                region=self._args.region,
            ),
            self._own,
        )
