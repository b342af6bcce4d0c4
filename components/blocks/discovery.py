"""Cloud Map: how one service finds another's running tasks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.blocks.grants import Grant, Statement
from components.naming import Scope


@dataclass(frozen=True, kw_only=True)
class DiscoveryArgs:
    """Arguments of `Discovery`."""

    scope: Scope
    """names and tags"""
    vpc_id: pulumi.Input[str]
    """the VPC whose private DNS knows the namespace"""
    service_name: str
    """the name tasks are found under"""
    port: int
    """the port of every instance"""
    balanced: bool = False
    """whether a load balancer stands for all instances; else they are found one by one"""
    variable_prefix: str
    """prefix of the consumers' environment variables"""


class Discovery(pulumi.ComponentResource):
    """A private namespace with one service in it."""

    service_arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: DiscoveryArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("storefront:blocks:Discovery", name, {}, opts)
        self._name = name
        self._args = args
        own = pulumi.ResourceOptions(parent=self)
        self.namespace = aws.servicediscovery.PrivateDnsNamespace(
            f"{name}-namespace",
            name=args.scope.private_domain,
            description="Where services of this environment find each other",
            vpc=args.vpc_id,
            tags=args.scope.tags,
            opts=own,
        )
        self.service = aws.servicediscovery.Service(
            f"{name}-service",
            name=args.service_name,
            dns_config={
                "namespace_id": self.namespace.id,
                "routing_policy": "WEIGHTED" if args.balanced else "MULTIVALUE",
                "dns_records": [{"type": "A", "ttl": 10}],
            },
            tags=args.scope.tags,
            opts=own,
        )
        self.service_arn = self.service.arn
        self.register_outputs({"service_arn": self.service_arn})

    def publish(self, balancer_name: pulumi.Input[str]) -> None:
        """Name a load balancer as the one instance, for a service that is `balanced`."""
        aws.servicediscovery.Instance(
            f"{self._name}-balancer",
            service_id=self.service.id,
            instance_id="balancer",
            attributes={"AWS_ALIAS_DNS_NAME": balancer_name},
            opts=pulumi.ResourceOptions(parent=self),
        )

    def grant_discover(self) -> Grant:
        """Find healthy instances of the service."""
        prefix = self._args.variable_prefix
        environment: Mapping[str, pulumi.Input[str]] = {
            f"{prefix}_NAMESPACE_NAME": self.namespace.name,
            f"{prefix}_SERVICE_NAME": self._args.service_name,
            f"{prefix}_PORT": str(self._args.port),
        }
        return Grant(
            statements=(
                Statement(
                    sid="Discover",
                    actions=("servicediscovery:DiscoverInstances",),
                    resources=("*",),
                    conditions={
                        "StringEquals": {
                            "servicediscovery:NamespaceName": self.namespace.name,
                            "servicediscovery:ServiceName": self._args.service_name,
                        }
                    },
                ),
            ),
            environment=environment,
        )
