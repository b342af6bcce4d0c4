"""An EKS cluster, and how workloads run on it: as deployments behind the same load balancer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.blocks.boundary import Boundary
from components.blocks.eks_cluster import EksCluster, EksClusterArgs
from components.blocks.keys import Key
from components.blocks.kubernetes.platform import KubernetesPlatform, KubernetesPlatformArgs
from components.blocks.kubernetes.service import KubernetesService, KubernetesServiceArgs
from components.blocks.network import Network, SecurityGroup
from components.blocks.queue import Queue
from components.blocks.workload import WorkloadArgs
from components.naming import Scope


@dataclass(frozen=True, kw_only=True)
class KubernetesHostArgs:
    """Arguments of `KubernetesHost`."""

    scope: Scope
    """names and tags"""
    network: Network
    """the subnets of control plane and nodes"""
    network_block: str
    """the VPC's addresses"""
    group: SecurityGroup
    """the nodes' security group, beside the cluster's own"""
    region: str
    """AWS region"""
    version: str
    """Kubernetes, e.g. 1.34"""
    access_cidrs: Sequence[str]
    """who may reach the cluster's API from outside the VPC"""
    queue: Queue
    """whose length the autoscaler reads"""
    boundary: Boundary
    """what the autoscaler's role may do at the very most"""
    log_retention_days: int
    """days that logs are kept"""
    log_key: Key | None
    """customer managed key of the cluster's secrets and logs"""


class KubernetesHost:
    """Its components are `parent`'s own; Cloud Map names the load balancer for all pods."""

    balanced = True

    def __init__(self, parent: pulumi.Resource, name: str, args: KubernetesHostArgs) -> None:
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

    def run(self, name: str, workload: WorkloadArgs) -> KubernetesService:
        """The workload as a deployment."""
        return KubernetesService(
            name,
            KubernetesServiceArgs(
                **vars(workload),
                cluster=self._cluster,
                platform=self._platform,
                network_block=self._args.network_block,
                region=self._args.region,
            ),
            self._own,
        )
