"""The VPC: its subnets, what leaves it by which way, and what is written down of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_awsx as awsx

from components import addressing
from components.blocks.boundary import Boundary
from components.blocks.endpoints import AwsApi, Endpoints, EndpointsArgs
from components.blocks.flow_logs import FlowLogs, FlowLogsArgs
from components.blocks.function import FunctionNetwork
from components.blocks.keys import Key
from components.blocks.security_group import Internet, SecurityGroup
from components.naming import Scope

__all__ = ["Network", "NetworkArgs", "SecurityGroup"]

_TIERS = (awsx.ec2.SubnetType.PUBLIC, awsx.ec2.SubnetType.PRIVATE)
"""In the order in which `awsx` lists the route tables of each zone."""


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """Arguments of `Network`."""

    scope: Scope
    """names and tags"""
    region: str
    """AWS region"""
    boundary: Boundary
    """what the role of the flow logs may do at the very most"""
    cidr_block: str
    """the VPC's IPv4 block, /16 to /22"""
    zones_count: int
    """availability zones, 2 or 3"""
    nat_strategy: str
    """`None`, `Single` or `OnePerAz`"""
    log_key: Key | None = None
    """what flow logs are encrypted with"""
    aws_apis_through: str
    """how AWS's APIs are reached: `endpoints`, `ipv6` or `nat`"""
    endpoint_zones_count: int
    """zones in which interface endpoints have an address; from others they are reached as well"""
    flow_log_retention_days: int
    """days that flow logs are kept; 0: there are none"""


class Network(pulumi.ComponentResource):
    """Two tiers in each zone; nothing that runs here has a public IPv4 address."""

    vpc_id: pulumi.Output[str]
    private_subnet_ids: pulumi.Output[Sequence[str]]
    dual_stack: bool

    def __init__(
        self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("storefront:blocks:Network", name, {}, opts)
        self._name = name
        self._args = args
        self.cidr_block = args.cidr_block
        self.dual_stack = args.aws_apis_through == "ipv6"
        vpc = self._create_vpc()
        self.vpc_id = vpc.vpc_id
        self.private_subnet_ids = vpc.private_subnet_ids
        self._private_route_table_ids = [
            _private_route_table_id(vpc, zone) for zone in range(args.zones_count)
        ]
        self.default_group = self._create_default_group()
        if self.dual_stack:
            self._create_ipv6_way_out()
        self.endpoints = self._create_endpoints()
        if args.flow_log_retention_days:
            self._create_flow_logs()
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

    def allow_apis(self, group: SecurityGroup, *apis: AwsApi) -> None:
        """Let members of `group` call these AWS APIs, the way the environment has chosen."""
        through = self._args.aws_apis_through
        by_endpoint = [
            api
            for api in apis
            if api.gateway or through == "endpoints" or (through == "ipv6" and not api.ipv6)
        ]
        self.endpoints.admit(group, by_endpoint)
        if len(by_endpoint) < len(apis):
            internet = Internet.IPV6 if through == "ipv6" else Internet.IPV4
            group.allow_internet(internet, f"{group.label} to AWS APIs over {internet.name}")

    def allow_internet(self, group: SecurityGroup, description: str) -> None:
        """Let members of `group` reach any HTTPS service over IPv4, through NAT."""
        group.allow_internet(Internet.IPV4, description)

    def attach(self, *groups: SecurityGroup) -> FunctionNetwork:
        """What a function needs to run in the private subnets as a member of `groups`."""
        return FunctionNetwork(
            subnet_ids=self.private_subnet_ids,
            security_group_ids=[group.group_id for group in groups],
            dual_stack=self.dual_stack,
        )

    def _create_vpc(self) -> awsx.ec2.Vpc:
        args = self._args
        blocks = addressing.plan(args.cidr_block, args.zones_count)
        ipv6 = (False, True) if self.dual_stack else (None, None)
        return awsx.ec2.Vpc(
            f"{self._name}-vpc",
            cidr_block=args.cidr_block,
            assign_generated_ipv6_cidr_block=self.dual_stack or None,
            number_of_availability_zones=args.zones_count,
            nat_gateways=awsx.ec2.NatGatewayConfigurationArgs(
                strategy=awsx.ec2.NatGatewayStrategy(args.nat_strategy)
            ),
            subnet_strategy=awsx.ec2.SubnetAllocationStrategy.AUTO,
            subnet_specs=[
                awsx.ec2.SubnetSpecArgs(
                    type=tier, cidr_blocks=of_tier, assign_ipv6_address_on_creation=assigned
                )
                for tier, of_tier, assigned in zip(
                    _TIERS, (blocks.public, blocks.private), ipv6, strict=True
                )
            ],
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags=args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_default_group(self) -> aws.ec2.DefaultSecurityGroup:
        """The group that comes with a VPC, without the rules that come with it."""
        return aws.ec2.DefaultSecurityGroup(
            f"{self._name}-default",
            vpc_id=self.vpc_id,
            ingress=[],
            egress=[],
            tags=self._args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_ipv6_way_out(self) -> None:
        gateway = aws.ec2.EgressOnlyInternetGateway(
            f"{self._name}-egress-only",
            vpc_id=self.vpc_id,
            tags=self._args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        for zone, table_id in enumerate(self._private_route_table_ids, start=1):
            aws.ec2.Route(
                f"{self._name}-ipv6-{zone}",
                route_table_id=table_id,
                destination_ipv6_cidr_block="::/0",
                egress_only_gateway_id=gateway.id,
                opts=pulumi.ResourceOptions(parent=self),
            )

    def _create_endpoints(self) -> Endpoints:
        args = self._args
        return Endpoints(
            f"{self._name}-endpoints",
            EndpointsArgs(
                scope=args.scope,
                region=args.region,
                account_id=args.boundary.account_id,
                vpc_id=self.vpc_id,
                route_table_ids=pulumi.Output.all(*self._private_route_table_ids),
                subnet_ids=self.private_subnet_ids.apply(
                    lambda ids: ids[: args.endpoint_zones_count]
                ),
                create_group=lambda: self.security_group(
                    args.scope, "endpoints", "The interface endpoints of AWS APIs"
                ),
            ),
            pulumi.ResourceOptions(parent=self),
        )

    def _create_flow_logs(self) -> None:
        FlowLogs(
            f"{self._name}-flows",
            FlowLogsArgs(
                scope=self._args.scope,
                boundary=self._args.boundary,
                vpc_id=self.vpc_id,
                key=self._args.log_key,
                retention_days=self._args.flow_log_retention_days,
            ),
            pulumi.ResourceOptions(parent=self),
        )


def _private_route_table_id(vpc: awsx.ec2.Vpc, zone: int) -> pulumi.Output[str]:
    index = zone * len(_TIERS) + _TIERS.index(awsx.ec2.SubnetType.PRIVATE)
    return vpc.route_tables.apply(lambda tables: tables[index].id)
