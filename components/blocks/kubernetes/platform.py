"""What the workloads of one service share on a cluster: provider, namespace, nodes, autoscaler."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components.blocks.boundary import Boundary
from components.blocks.eks_cluster import EksCluster
from components.blocks.grants import Statement
from components.blocks.network import Network, SecurityGroup
from components.blocks.queue import Queue
from components.blocks.roles import RoleArgs, create_role
from components.naming import Scope

KEDA_REPOSITORY, KEDA_VERSION = "https://kedacore.github.io/charts", "2.18.1"
POD_IDENTITY_ADDRESS = "169.254.170.23/32"
_KEDA = "keda"
_OPERATOR = "keda-operator"
_NODE_EXPIRY = "336h"
"""Nodes are replaced after 14 days, so that none misses two weeks of patches."""


@dataclass(frozen=True, kw_only=True)
class KubernetesPlatformArgs:
    """Arguments of `KubernetesPlatform`."""

    scope: Scope
    """names and tags"""
    cluster: EksCluster
    """where it runs"""
    network: Network
    """the subnets of the nodes"""
    group: SecurityGroup
    """the nodes' security group, beside the cluster's own"""
    queue: Queue
    """whose length the autoscaler reads"""
    boundary: Boundary
    """what the autoscaler's role may do at the very most"""


class KubernetesPlatform(pulumi.ComponentResource):
    """arm64 nodes in the service's own security group; nothing in the namespace is privileged."""

    def __init__(
        self, name: str, args: KubernetesPlatformArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("storefront:blocks:KubernetesPlatform", name, {}, opts)
        self._name = name
        self._args = args
        self.provider = k8s.Provider(
            f"{name}-provider",
            kubeconfig=args.cluster.kubeconfig(),
            enable_server_side_apply=True,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.own = pulumi.ResourceOptions(
            parent=self, provider=self.provider, depends_on=args.cluster.ready
        )
        self.namespace = self._create_namespace()
        self._enforce_network_policies()
        self._create_nodes()
        self.autoscaler = self._create_autoscaler()
        self.register_outputs({})

    def _create_namespace(self) -> pulumi.Output[str]:
        labels = {
            "pod-security.kubernetes.io/enforce": "restricted",
            "eks.amazonaws.com/pod-readiness-gate-inject": "enabled",
        }
        made = k8s.core.v1.Namespace(
            f"{self._name}-namespace",
            metadata={"name": self._args.scope.service, "labels": labels},
            opts=self.own,
        )
        named: pulumi.Output[str] = made.metadata.name
        return named

    def _enforce_network_policies(self) -> None:
        k8s.core.v1.ConfigMap(
            f"{self._name}-network-policies",
            metadata={"name": "amazon-vpc-cni", "namespace": "kube-system"},
            data={"enable-network-policy-controller": "true"},
            opts=self.own,
        )

    def _create_nodes(self) -> None:
        """Without tags of ours: AWS's managed policies let Auto Mode set only its own."""
        args, service = self._args, self._args.scope.service
        groups = [{"id": args.cluster.group_id}, {"id": args.group.group_id}]
        subnets = args.network.private_subnet_ids.apply(lambda ids: [{"id": id} for id in ids])
        node_class = k8s.apiextensions.CustomResource(
            f"{self._name}-node-class",
            api_version="eks.amazonaws.com/v1",
            kind="NodeClass",
            metadata={"name": service},
            spec={
                "role": args.cluster.node_role_name,
                "subnetSelectorTerms": subnets,
                "securityGroupSelectorTerms": groups,
                "networkPolicy": "DefaultAllow",
            },
            opts=self.own,
        )
        k8s.apiextensions.CustomResource(
            f"{self._name}-node-pool",
            api_version="karpenter.sh/v1",
            kind="NodePool",
            metadata={"name": service},
            spec=_node_pool(service),
            opts=pulumi.ResourceOptions.merge(
                self.own, pulumi.ResourceOptions(depends_on=[node_class])
            ),
        )

    def _create_autoscaler(self) -> pulumi.Resource:
        args = self._args
        role = create_role(
            self,
            f"{self._name}-autoscaler",
            RoleArgs(
                scope=args.scope,
                role="autoscaler",
                taken_by="pods.eks.amazonaws.com",
                boundary=args.boundary,
                statements=[
                    Statement(
                        sid="ReadQueueLength",
                        actions=("sqs:GetQueueAttributes",),
                        resources=(args.queue.arn,),
                    )
                ],
            ),
        )
        identity = args.cluster.give_identity("autoscaler", _KEDA, _OPERATOR, role.arn)
        release: pulumi.Resource = k8s.helm.v3.Release(
            f"{self._name}-keda",
            chart="keda",
            version=KEDA_VERSION,
            repository_opts={"repo": KEDA_REPOSITORY},
            namespace=_KEDA,
            create_namespace=True,
            atomic=True,
            timeout=300,
            values={"serviceAccount": {"operator": {"name": _OPERATOR}}},
            opts=pulumi.ResourceOptions.merge(
                self.own, pulumi.ResourceOptions(depends_on=[identity, role.policy])
            ),
        )
        return release


def _node_pool(service: str) -> dict[str, object]:
    requirements = [
        {"key": "kubernetes.io/arch", "operator": "In", "values": ["arm64"]},
        {"key": "karpenter.sh/capacity-type", "operator": "In", "values": ["on-demand"]},
        {"key": "eks.amazonaws.com/instance-category", "operator": "In", "values": ["c", "m", "t"]},
    ]
    node = {"group": "eks.amazonaws.com", "kind": "NodeClass", "name": service}
    return {
        "template": {
            "spec": {
                "nodeClassRef": node,
                "requirements": requirements,
                "expireAfter": _NODE_EXPIRY,
            }
        },
        "disruption": {"consolidationPolicy": "WhenEmptyOrUnderutilized", "consolidateAfter": "5m"},
    }
