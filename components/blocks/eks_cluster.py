"""An EKS cluster in Auto Mode: AWS runs nodes, storage, load balancing and pod identities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.blocks.boundary import Boundary
from components.blocks.container_insights import agent_statements
from components.blocks.keys import Key, arn_of
from components.blocks.network import Network
from components.blocks.roles import RoleArgs, control_plane_role, create_role
from components.naming import Scope

_LOGS = ("api", "audit", "authenticator", "controllerManager", "scheduler")
_CLUSTER_POLICIES = (
    "AmazonEKSBlockStoragePolicy",
    "AmazonEKSClusterPolicy",
    "AmazonEKSComputePolicy",
    "AmazonEKSLoadBalancingPolicy",
    "AmazonEKSNetworkingPolicy",
)
_NODE_POLICIES = ("AmazonEC2ContainerRegistryPullOnly", "AmazonEKSWorkerNodeMinimalPolicy")
"""AWS's own lists for Auto Mode; it changes them with the service."""
_AGENT_NAMESPACE = "amazon-cloudwatch"


@dataclass(frozen=True, kw_only=True)
class EksClusterArgs:
    """Arguments of `EksCluster`."""

    scope: Scope
    """names and tags"""
    network: Network
    """the subnets of control plane and nodes"""
    version: str
    """Kubernetes, e.g. 1.34"""
    access_cidrs: Sequence[str]
    """who may reach its API from outside the VPC; empty: nobody, it has no public endpoint"""
    region: str
    """AWS region"""
    boundary: Boundary
    """what the role of its CloudWatch agent may do at the very most"""
    log_retention_days: int
    """days that the control plane's logs are kept"""
    key: Key | None = None
    """customer managed key of its secrets and logs"""


class EksCluster(pulumi.ComponentResource):
    """Who deploys administers it; EKS admits the role of its own node pool, and so of ours."""

    name: pulumi.Output[str]
    node_role_name: pulumi.Output[str]
    group_id: pulumi.Output[str]

    def __init__(
        self, name: str, args: EksClusterArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("storefront:blocks:EksCluster", name, {}, opts)
        self._name = name
        self._args = args
        self._own = pulumi.ResourceOptions(parent=self)
        self._node_role = self._role("node", "ec2.amazonaws.com", _NODE_POLICIES)
        self.cluster = self._create_cluster()
        self.name = self.cluster.name
        self.node_role_name = self._node_role.name
        self.group_id = self.cluster.vpc_config.cluster_security_group_id
        self.ready = self._create_addons()
        self.register_outputs({"name": self.name})

    def kubeconfig(self) -> pulumi.Output[str]:
        """How kubectl and Pulumi enter: with a token of whoever runs them, never a stored one."""
        get_token = {
            "apiVersion": "client.authentication.k8s.io/v1beta1",
            "command": "aws",
            "args": [
                "--region",
                self._args.region,
                "eks",
                "get-token",
                "--cluster-name",
                self.name,
            ],
        }
        authority = self.cluster.certificate_authority.data
        server = {"server": self.cluster.endpoint, "certificate-authority-data": authority}
        return pulumi.Output.json_dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "eks",
                "clusters": [{"name": "eks", "cluster": server}],
                "contexts": [{"name": "eks", "context": {"cluster": "eks", "user": "caller"}}],
                "users": [{"name": "caller", "user": {"exec": get_token}}],
            }
        )

    def give_identity(
        self, role: str, namespace: str, service_account: str, role_arn: pulumi.Input[str]
    ) -> aws.eks.PodIdentityAssociation:
        """Pods of `service_account` act as the role."""
        return aws.eks.PodIdentityAssociation(
            f"{self._name}-{role}-identity",
            cluster_name=self.name,
            namespace=namespace,
            service_account=service_account,
            role_arn=role_arn,
            tags=self._args.scope.tags,
            opts=self._own,
        )

    def _role(self, kind: str, taken_by: str, policies: Sequence[str]) -> aws.iam.Role:
        return control_plane_role(
            self, f"{self._name}-{kind}", self._args.scope, kind, taken_by, policies
        )

    def _create_cluster(self) -> aws.eks.Cluster:
        args, role = self._args, self._role("cluster", "eks.amazonaws.com", _CLUSTER_POLICIES)
        physical = args.scope.physical("kubernetes_cluster")
        logs = aws.cloudwatch.LogGroup(
            f"{self._name}-logs",
            name=f"/aws/eks/{physical}/cluster",
            retention_in_days=args.log_retention_days,
            kms_key_id=arn_of(args.key),
            tags=args.scope.tags,
            opts=self._own,
        )
        secrets = aws.eks.ClusterEncryptionConfigArgs(
            provider=aws.eks.ClusterEncryptionConfigProviderArgs(key_arn=arn_of(args.key) or ""),
            resources=["secrets"],
        )
        return aws.eks.Cluster(
            f"{self._name}-cluster",
            name=physical,
            version=args.version,
            role_arn=role.arn,
            access_config={
                "authentication_mode": "API",
                "bootstrap_cluster_creator_admin_permissions": True,
            },
            bootstrap_self_managed_addons=False,
            compute_config={
                "enabled": True,
                "node_pools": ["system"],
                "node_role_arn": self._node_role.arn,
            },
            kubernetes_network_config={"elastic_load_balancing": {"enabled": True}},
            storage_config={"block_storage": {"enabled": True}},
            enabled_cluster_log_types=list(_LOGS),
            encryption_config=secrets if args.key else None,
            vpc_config=aws.eks.ClusterVpcConfigArgs(
                subnet_ids=args.network.private_subnet_ids,
                endpoint_private_access=True,
                endpoint_public_access=bool(args.access_cidrs),
                public_access_cidrs=list(args.access_cidrs) or None,
            ),
            tags=args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[logs]),
        )

    def _create_addons(self) -> list[pulumi.Resource]:
        """What autoscaling reads, and what sends the pods' metrics and logs to CloudWatch."""
        agent = create_role(
            self,
            f"{self._name}-agent",
            RoleArgs(
                scope=self._args.scope,
                role="agent",
                taken_by="pods.eks.amazonaws.com",
                boundary=self._args.boundary,
                statements=agent_statements(self._args.region),
            ),
        )
        identity = self.give_identity("agent", _AGENT_NAMESPACE, "cloudwatch-agent", agent.arn)
        return [
            self._addon("metrics-server", []),
            self._addon("amazon-cloudwatch-observability", [identity, agent.policy]),
        ]

    def _addon(self, addon: str, after: Sequence[pulumi.Resource]) -> pulumi.Resource:
        return aws.eks.Addon(
            f"{self._name}-{addon}",
            cluster_name=self.name,
            addon_name=addon,
            resolve_conflicts_on_update="OVERWRITE",
            tags=self._args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(after)),
        )
