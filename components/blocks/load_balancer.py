"""An internal application load balancer in front of one container port.

Two groups of targets take turns: a release fills the idle one and moves the weights of the
production rule to it, step by step. The program sets the weights once and never again.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import pulumi
import pulumi_aws as aws

from components.blocks.alarms import AlarmSpec, Metric
from components.blocks.network import Network, SecurityGroup
from components.blocks.slo import Indicator, request_indicators
from components.naming import Scope

LISTENER_PORT = 80
_NAMESPACE = "AWS/ApplicationELB"
_ALL, _NONE = 100, 0


@dataclass(frozen=True, kw_only=True)
class LoadBalancerArgs:
    """Arguments of `LoadBalancer`."""

    scope: Scope
    """names and tags"""
    role: str
    """what is behind it"""
    network: Network
    """where it stands"""
    group: SecurityGroup
    """who may reach it"""
    target_port: int
    """the container's port"""
    health_path: str
    """path that answers 200 when a target is healthy"""
    latency_alarm_ms: int
    """p99 response time that raises an alarm"""
    cluster_name: str = ""
    """the EKS cluster that puts pods into the targets, if one does"""


class LoadBalancer(pulumi.ComponentResource):
    """Private: reached through the API's VPC link and from inside the VPC only."""

    listener_arn: pulumi.Output[str]
    production_rule_arn: pulumi.Output[str]
    target_group_arn: pulumi.Output[str]
    alternate_group_arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: LoadBalancerArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("storefront:blocks:LoadBalancer", name, {}, opts)
        self._name = name
        self._args = args
        self.balancer = self._create_balancer()
        self.target_group = self._create_target_group("targets", args.role)
        self.alternate_group = self._create_target_group("alternate", f"{args.role}-b")
        self.listener = self._create_listener()
        self.production_rule = self._create_production_rule()
        self.listener_arn = self.listener.arn
        self.production_rule_arn = self.production_rule.arn
        self.target_group_arn = self.target_group.arn
        self.alternate_group_arn = self.alternate_group.arn
        self.register_outputs({"listener_arn": self.listener_arn})

    def alarms(self) -> tuple[AlarmSpec, ...]:
        """Failed, missing, rejected and slow responses."""
        role = self._args.role
        watched = partial(AlarmSpec, namespace=_NAMESPACE, dimensions=self._dimensions)
        return (
            watched(
                role=f"{role}-errors",
                description="The API answers 5xx.",
                runbook="container-errors",
                metric="HTTPCode_Target_5XX_Count",
                statistic="Sum",
                threshold=0,
                periods=3,
                datapoints=2,
            ),
            watched(
                role=f"{role}-unavailable",
                description="The load balancer finds no task to answer.",
                runbook="container-errors",
                metric="HTTPCode_ELB_5XX_Count",
                statistic="Sum",
                threshold=0,
                periods=3,
                datapoints=2,
            ),
            watched(
                role=f"{role}-throttles",
                description="The load balancer rejects connections.",
                runbook="container-errors",
                metric="RejectedConnectionCount",
                statistic="Sum",
                threshold=0,
            ),
            watched(
                role=f"{role}-latency",
                description="The API is slow at p99 (s).",
                runbook="latency",
                metric="TargetResponseTime",
                statistic="p99",
                threshold=self._args.latency_alarm_ms / 1000,
                periods=5,
                datapoints=3,
            ),
        )

    def indicators(self) -> tuple[Indicator, ...]:
        """Requests that fail behind it or for want of tasks, and slow ones."""
        failed, refused, asked, slow, timed = (
            Metric(
                namespace=_NAMESPACE,
                name=name,
                dimensions=self._dimensions,
                statistic=statistic,
            )
            for name, statistic in (
                ("HTTPCode_Target_5XX_Count", "Sum"),
                ("HTTPCode_ELB_5XX_Count", "Sum"),
                ("RequestCount", "Sum"),
                ("TargetResponseTime", f"TC({self._args.latency_alarm_ms / 1000:g}:)"),
                ("TargetResponseTime", "SampleCount"),
            )
        )
        return request_indicators((failed, refused), asked, slow, timed)

    @property
    def _dimensions(self) -> dict[str, pulumi.Input[str]]:
        return {"LoadBalancer": self.balancer.arn_suffix}

    def _create_balancer(self) -> aws.lb.LoadBalancer:
        return aws.lb.LoadBalancer(
            f"{self._name}-balancer",
            name=self._args.scope.physical("load_balancer", self._args.role),
            internal=True,
            load_balancer_type="application",
            drop_invalid_header_fields=True,
            subnets=self._args.network.private_subnet_ids,
            security_groups=[self._args.group.group_id],
            tags=self._args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _owner(self) -> dict[str, str]:
        """AWS lets an EKS cluster register pods only in targets that carry its name."""
        name = self._args.cluster_name
        return {"eks:eks-cluster-name": name} if name else {}

    def _create_target_group(self, child: str, role: str) -> aws.lb.TargetGroup:
        return aws.lb.TargetGroup(
            f"{self._name}-{child}",
            name=self._args.scope.physical("target_group", role),
            port=self._args.target_port,
            protocol="HTTP",
            target_type="ip",
            vpc_id=self._args.network.vpc_id,
            deregistration_delay=30,
            health_check={
                "path": self._args.health_path,
                "interval": 10,
                "timeout": 5,
                "healthy_threshold": 2,
                "unhealthy_threshold": 3,
            },
            tags={**self._args.scope.tags, **self._owner()},
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_listener(self) -> aws.lb.Listener:
        return aws.lb.Listener(
            f"{self._name}-listener",
            load_balancer_arn=self.balancer.arn,
            port=LISTENER_PORT,
            protocol="HTTP",
            default_actions=[{"type": "forward", "target_group_arn": self.target_group.arn}],
            tags=self._args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_production_rule(self) -> aws.lb.ListenerRule:
        """Takes every request, whoever sends it; the listener's default action is never reached."""
        weights = ((self.target_group, _ALL), (self.alternate_group, _NONE))
        return aws.lb.ListenerRule(
            f"{self._name}-production",
            listener_arn=self.listener.arn,
            priority=1,
            conditions=[{"path_pattern": {"values": ["/*"]}}],
            actions=[
                {
                    "type": "forward",
                    "forward": {
                        "target_groups": [
                            {"arn": group.arn, "weight": weight} for group, weight in weights
                        ]
                    },
                }
            ],
            tags=self._args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["actions"]),
        )
