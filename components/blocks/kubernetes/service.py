"""A container as a Kubernetes deployment: its identity, what reaches it, and how it scales."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from components.blocks.alarms import AlarmSpec
from components.blocks.eks_cluster import EksCluster
from components.blocks.grants import component_inputs
from components.blocks.kubernetes import pods
from components.blocks.kubernetes.platform import POD_IDENTITY_ADDRESS, KubernetesPlatform
from components.blocks.roles import Role, RoleArgs, create_role
from components.blocks.workload import Exposure, Usage, WorkloadArgs

_USAGE = Usage(
    namespace="ContainerInsights",
    cpu="pod_cpu_utilization_over_pod_limit",
    memory="pod_memory_utilization_over_pod_limit",
)
_DRAIN_SECONDS = 300
"""Tasks are taken away five minutes after the load went."""


@dataclass(frozen=True, kw_only=True)
class KubernetesServiceArgs(WorkloadArgs):
    """Arguments of `KubernetesService`."""

    cluster: EksCluster
    """where its pods run"""
    platform: KubernetesPlatform
    """namespace, nodes and autoscaler"""
    network_block: str
    """the VPC's addresses, which the load balancer's are among"""
    region: str
    """the queue's region"""


class KubernetesService(pulumi.ComponentResource):
    """Restricted pods, spread over zones, behind the same load balancer's group of targets."""

    def __init__(
        self, name: str, args: KubernetesServiceArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(
            "storefront:blocks:KubernetesService", name, component_inputs(args.statements()), opts
        )
        self._name = name
        self._args = args
        self._own = pulumi.ResourceOptions.merge(
            args.platform.own, pulumi.ResourceOptions(parent=self)
        )
        self._labels = {"app.kubernetes.io/name": args.scope.service, "role": args.role}
        self.role = self._create_role()
        self.deployment = self._create_deployment()
        self._limit_traffic()
        self._scale()
        self._keep_some()
        if args.exposure:
            self._expose(args.exposure)
        self.register_outputs({})

    def alarms(self) -> tuple[AlarmSpec, ...]:
        """Saturation, and what the load balancer sees of a service that has one."""
        return self._args.alarms(
            _USAGE,
            {
                "ClusterName": self._args.cluster.name,
                "Namespace": self._args.platform.namespace,
                "PodName": self._args.role,
            },
        )

    def _metadata(self) -> dict[str, object]:
        return {
            "name": self._args.role,
            "namespace": self._args.platform.namespace,
            "labels": self._labels,
        }

    def _create_role(self) -> Role:
        args = self._args
        role = create_role(
            self,
            f"{self._name}-pod",
            RoleArgs(
                scope=args.scope,
                role=f"{args.role}-pod",
                taken_by="pods.eks.amazonaws.com",
                boundary=args.boundary,
                statements=args.statements(),
            ),
        )
        self._identity = args.cluster.give_identity(
            args.role, args.scope.service, args.role, role.arn
        )
        return role

    def _create_deployment(self) -> k8s.apps.v1.Deployment:
        account = k8s.core.v1.ServiceAccount(
            f"{self._name}-account",
            metadata=self._metadata(),
            automount_service_account_token=False,
            opts=self._own,
        )
        template = {
            "metadata": {"labels": self._labels},
            "spec": pods.spec(self._args, self._labels),
        }
        return k8s.apps.v1.Deployment(
            f"{self._name}-deployment",
            metadata=self._metadata(),
            spec={
                "selector": {"match_labels": self._labels},
                "strategy": {"rolling_update": {"max_surge": "100%", "max_unavailable": 0}},
                "template": template,
            },
            opts=pulumi.ResourceOptions.merge(
                self._own,
                pulumi.ResourceOptions(
                    depends_on=[account, self._identity, self.role.policy],
                    ignore_changes=["spec.replicas"],
                ),
            ),
        )

    def _limit_traffic(self) -> None:
        args, exposure = self._args, self._args.exposure
        balancer = [{"ip_block": {"cidr": args.network_block}}]
        entry = [{"from_": balancer, "ports": [{"port": args.port}]}] if exposure else []
        k8s.networking.v1.NetworkPolicy(
            f"{self._name}-traffic",
            metadata=self._metadata(),
            spec={
                "pod_selector": {"match_labels": self._labels},
                "policy_types": ["Ingress", "Egress"],
                "ingress": entry,
                "egress": [
                    {"ports": [{"port": 443, "protocol": "TCP"}]},
                    {"ports": [{"port": 53, "protocol": kind} for kind in ("TCP", "UDP")]},
                    {"to": [{"ip_block": {"cidr": POD_IDENTITY_ADDRESS}}]},
                ],
            },
            opts=self._own,
        )

    def _scale(self) -> None:
        args, scaling = self._args, self._args.scaling
        cpu = {"value": str(scaling.cpu_percent)}
        triggers: list[dict[str, object]] = [
            {"type": "cpu", "metricType": "Utilization", "metadata": cpu}
        ]
        if scaling.queue is not None:
            backlog = {
                "queueURL": scaling.queue.url,
                "queueLength": str(scaling.backlog_messages),
                "awsRegion": args.region,
                "identityOwner": "operator",
                "scaleOnInFlight": "false",
            }
            triggers.append({"type": "aws-sqs-queue", "metadata": backlog})
        k8s.apiextensions.CustomResource(
            f"{self._name}-scaling",
            api_version="keda.sh/v1alpha1",
            kind="ScaledObject",
            metadata=self._metadata(),
            spec={
                "scaleTargetRef": {"name": args.role},
                "minReplicaCount": args.tasks_count,
                "maxReplicaCount": scaling.tasks_max,
                "cooldownPeriod": _DRAIN_SECONDS,
                "triggers": triggers,
            },
            opts=pulumi.ResourceOptions.merge(
                self._own,
                pulumi.ResourceOptions(depends_on=[args.platform.autoscaler, self.deployment]),
            ),
        )

    def _keep_some(self) -> None:
        k8s.policy.v1.PodDisruptionBudget(
            f"{self._name}-budget",
            metadata=self._metadata(),
            spec={"selector": {"match_labels": self._labels}, "max_unavailable": 1},
            opts=self._own,
        )

    def _expose(self, exposure: Exposure) -> None:
        service = k8s.core.v1.Service(
            f"{self._name}-service",
            metadata=self._metadata(),
            spec={"selector": self._labels, "ports": [{"port": self._args.port, "name": "http"}]},
            opts=self._own,
        )
        k8s.apiextensions.CustomResource(
            f"{self._name}-targets",
            api_version="eks.amazonaws.com/v1",
            kind="TargetGroupBinding",
            metadata=self._metadata(),
            spec={
                "serviceRef": {"name": self._args.role, "port": self._args.port},
                "targetGroupARN": exposure.balancer.target_group_arn,
                "targetType": "ip",
            },
            opts=pulumi.ResourceOptions.merge(
                self._own, pulumi.ResourceOptions(depends_on=[service])
            ),
        )
