"""The VPC: public subnets for NAT, private subnets for everything that runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_awsx as awsx

from components import addressing
from components.blocks.function import FunctionNetwork
from components.naming import Scope

ANYWHERE = "0.0.0.0/0"
HTTPS = 443


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """Arguments of `Network`."""

    scope: Scope
    """names and tags"""
    cidr_block: str
    """the VPC's IPv4 block, /16 to /22"""
    zones_count: int
    """availability zones, 2 or 3"""
    nat_strategy: str
    """`Single` or `OnePerAz`"""


class Network(pulumi.ComponentResource):
    """Two tiers in each zone; nothing that runs here has a public address."""

    vpc_id: pulumi.Output[str]
    private_subnet_ids: pulumi.Output[Sequence[str]]

    def __init__(
        self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("storefront:blocks:Network", name, {}, opts)
        self._name = name
        self._scope = args.scope
        blocks = addressing.plan(args.cidr_block, args.zones_count)
        vpc = awsx.ec2.Vpc(
            f"{name}-vpc",
            cidr_block=args.cidr_block,
            number_of_availability_zones=args.zones_count,
            nat_gateways=awsx.ec2.NatGatewayConfigurationArgs(
                strategy=awsx.ec2.NatGatewayStrategy(args.nat_strategy)
            ),
            subnet_strategy=awsx.ec2.SubnetAllocationStrategy.AUTO,
            subnet_specs=[
                awsx.ec2.SubnetSpecArgs(type=awsx.ec2.SubnetType.PUBLIC, cidr_blocks=blocks.public),
                awsx.ec2.SubnetSpecArgs(
                    type=awsx.ec2.SubnetType.PRIVATE, cidr_blocks=blocks.private
                ),
            ],
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags=args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.vpc_id = vpc.vpc_id
        self.private_subnet_ids = vpc.private_subnet_ids
        self.register_outputs({"vpc_id": self.vpc_id})

    def security_group(self, scope: Scope, role: str, description: str) -> SecurityGroup:
        """A group for one workload, with no rules yet."""
        return SecurityGroup(
            f"{self._name}-{scope.service}-{role}",
            scope=scope,
            role=role,
            description=description,
            vpc_id=self.vpc_id,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def attach(self, group: SecurityGroup) -> FunctionNetwork:
        """What a function needs to run in the private subnets as a member of `group`."""
        return FunctionNetwork(
            subnet_ids=self.private_subnet_ids, security_group_ids=[group.group_id]
        )


class SecurityGroup(pulumi.ComponentResource):
    """A group whose rules name other groups; the one way out is HTTPS, when allowed."""

    group_id: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        scope: Scope,
        role: str,
        description: str,
        vpc_id: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("storefront:blocks:SecurityGroup", name, {}, opts)
        self._name = name
        self._scope = scope
        self._role = role
        self.group = aws.ec2.SecurityGroup(
            f"{name}-group",
            name=scope.physical("security_group", role),
            description=description,
            vpc_id=vpc_id,
            tags=scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.group_id = self.group.id
        self.register_outputs({"group_id": self.group_id})

    @property
    def label(self) -> str:
        """`<service>-<role>`: how rules name this group."""
        return f"{self._scope.service}-{self._role}"

    def allow_to(self, other: SecurityGroup, port: int) -> None:
        """Let members of this group open TCP connections to `port` of members of `other`."""
        description = f"{self.label} to {other.label}"
        aws.vpc.SecurityGroupEgressRule(
            f"{self._name}-to-{other.label}-{port}",
            security_group_id=self.group_id,
            referenced_security_group_id=other.group_id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            description=description,
            tags=self._scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        other.allow_from(self, port)

    def allow_from(self, other: SecurityGroup, port: int) -> None:
        """Let in members of `other` that are led here by addresses which are not this group's."""
        self._create_entry(
            f"from-{other.label}-{port}",
            f"{other.label} to {self.label}",
            port,
            referenced_security_group_id=other.group_id,
        )

    def allow_from_list(self, prefix_list_id: pulumi.Input[str], port: int, owner: str) -> None:
        """Let in what comes from the addresses of `owner`, which AWS keeps in a prefix list."""
        self._create_entry(
            f"from-{owner}-{port}", f"{owner} to {self.label}", port, prefix_list_id=prefix_list_id
        )

    def allow_to_list(self, prefix_list_id: pulumi.Input[str], port: int, owner: str) -> None:
        """Let members of this group reach the addresses of `owner`, which AWS keeps in a list."""
        aws.vpc.SecurityGroupEgressRule(
            f"{self._name}-to-{owner}-{port}",
            security_group_id=self.group_id,
            prefix_list_id=prefix_list_id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            description=f"{self.label} to {owner}",
            tags=self._scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_entry(
        self,
        role: str,
        description: str,
        port: int,
        *,
        referenced_security_group_id: pulumi.Input[str] | None = None,
        prefix_list_id: pulumi.Input[str] | None = None,
    ) -> None:
        aws.vpc.SecurityGroupIngressRule(
            f"{self._name}-{role}",
            security_group_id=self.group_id,
            referenced_security_group_id=referenced_security_group_id,
            prefix_list_id=prefix_list_id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            description=description,
            tags=self._scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def allow_https_out(self) -> None:
        """Let members of this group reach AWS APIs and other HTTPS services."""
        aws.vpc.SecurityGroupEgressRule(
            f"{self._name}-https-out",
            security_group_id=self.group_id,
            cidr_ipv4=ANYWHERE,
            ip_protocol="tcp",
            from_port=HTTPS,
            to_port=HTTPS,
            description=f"{self.label} to AWS APIs over HTTPS",
            tags=self._scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
