"""A service in the mesh, reached through its load balancer, and who may ask it what."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.blocks.alarms import AlarmSpec
from components.blocks.grants import Grant, Statement
from components.blocks.load_balancer import LISTENER_PORT, LoadBalancer
from components.blocks.security_group import HTTPS
from components.blocks.service_network import (
    INVOKE,
    SIGNED_ONLY,
    ServiceNetwork,
    create_auth_policy,
)
from components.naming import Scope


@dataclass(frozen=True, kw_only=True)
class Operation:
    """The one request that a service answers in the mesh, e.g. `POST` `/availability`."""

    method: str
    path: str


@dataclass(frozen=True, kw_only=True)
class MeshServiceArgs:
    """Arguments of `MeshService`."""

    scope: Scope
    """names and tags"""
    mesh: ServiceNetwork
    """where it is found; its VPC is the load balancer's too"""
    balancer: LoadBalancer
    """what answers; its listener's weights hold for requests from the mesh too"""
    operation: Operation
    """what callers may ask; everything else is 404"""
    variable: str
    """environment variable in which callers get its URL"""
    latency_alarm_ms: int
    """p99 request time that raises an alarm"""


class MeshService(pulumi.ComponentResource):
    """A service whose callers sign; until `authorize` names one, nobody is let in."""

    url: pulumi.Output[str]

    def __init__(
        self, name: str, args: MeshServiceArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("storefront:blocks:MeshService", name, {}, opts)
        self._name = name
        self._args = args
        self.service = self._create_service()
        self.url = pulumi.Output.concat("https://", self.service.dns_entries[0].domain_name)
        self._targets = self._create_targets()
        self._listener = self._create_listener()
        self._create_rule()
        self._create_membership()
        self.register_outputs({"url": self.url})

    def grant_invoke(self) -> Grant:
        """Ask the operation; the service must `authorize` the caller's role as well."""
        return Grant(
            statements=(
                Statement(sid="AskThroughMesh", actions=(INVOKE,), resources=(self._resource(),)),
            ),
            environment={self._args.variable: self.url},
        )

    def authorize(self, role_arn: pulumi.Input[str]) -> None:
        """Let exactly this role ask the operation; to be called once."""
        statement = {
            "Sid": "Ask",
            "Effect": "Allow",
            "Principal": {"AWS": [role_arn]},
            "Action": INVOKE,
            "Resource": self._resource(),
            "Condition": {
                "StringEquals": {"vpc-lattice-svcs:RequestMethod": self._args.operation.method}
            },
        }
        create_auth_policy(self, f"{self._name}-policy", self.service.arn, statement)

    def alarms(self) -> tuple[AlarmSpec, ...]:
        """Failed, refused and slow requests, as the callers see them."""
        return (
            self._alarm("errors", "answers 5xx", "HTTPCode_5XX_Count", "Sum", 0),
            self._alarm("refusals", "refuses its callers (4xx)", "HTTPCode_4XX_Count", "Sum", 0),
            self._alarm(
                "latency",
                "is slow at p99 (ms)",
                "RequestTime",
                "p99",
                self._args.latency_alarm_ms,
            ),
        )

    def _alarm(
        self, role: str, what: str, metric: str, statistic: str, threshold: float
    ) -> AlarmSpec:
        return AlarmSpec(
            role=f"mesh-{role}",
            description=f"The mesh {what}.",
            runbook="mesh",
            namespace="AWS/VpcLattice",
            metric=metric,
            dimensions={"Service": self.service.id},
            statistic=statistic,
            threshold=threshold,
            periods=3,
            datapoints=2,
        )

    def _resource(self) -> pulumi.Output[str]:
        return pulumi.Output.concat(self.service.arn, self._args.operation.path)

    def _create_service(self) -> aws.vpclattice.Service:
        return aws.vpclattice.Service(
            f"{self._name}-service",
            name=self._args.scope.physical("mesh_service"),
            auth_type=SIGNED_ONLY,
            tags=self._args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_targets(self) -> aws.vpclattice.TargetGroup:
        balancer = self._args.balancer
        targets = aws.vpclattice.TargetGroup(
            f"{self._name}-targets",
            name=self._args.scope.physical("mesh_target_group"),
            type="ALB",
            config={
                "port": LISTENER_PORT,
                "protocol": "HTTP",
                "protocol_version": "HTTP1",
                "vpc_identifier": self._args.mesh.vpc_id,
            },
            tags=self._args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        aws.vpclattice.TargetGroupAttachment(
            f"{self._name}-target",
            target_group_identifier=targets.id,
            target={"id": balancer.balancer.arn, "port": LISTENER_PORT},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[balancer.listener]),
        )
        return targets

    def _create_listener(self) -> aws.vpclattice.Listener:
        return aws.vpclattice.Listener(
            f"{self._name}-listener",
            name=self._args.scope.physical("mesh_listener"),
            service_identifier=self.service.id,
            protocol="HTTPS",
            port=HTTPS,
            default_action={"fixed_response": {"status_code": 404}},
            tags=self._args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_rule(self) -> None:
        operation = self._args.operation
        aws.vpclattice.ListenerRule(
            f"{self._name}-operation",
            name=self._args.scope.physical("mesh_rule"),
            service_identifier=self.service.id,
            listener_identifier=self._listener.listener_id,
            priority=1,
            match={
                "http_match": {
                    "method": operation.method,
                    "path_match": {"case_sensitive": True, "match": {"exact": operation.path}},
                }
            },
            action={
                "forward": {
                    "target_groups": [{"target_group_identifier": self._targets.id, "weight": 100}]
                }
            },
            tags=self._args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_membership(self) -> None:
        aws.vpclattice.ServiceNetworkServiceAssociation(
            f"{self._name}-membership",
            service_identifier=self.service.id,
            service_network_identifier=self._args.mesh.network_id,
            tags=self._args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
