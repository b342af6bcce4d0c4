"""What `awsx.ec2.Vpc` consists of: its children and its outputs, as data.

Ported from awsx/ec2/vpc.ts of pulumi/pulumi-awsx 3.8 (Apache-2.0). Types, names, parents,
dependencies, tags and inputs are the official component's, so a stack made with one continues
with the other. Nothing here talks to anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from local.awsx.addresses import blocks, ipv6_subnet, layout
from local.awsx.arguments import (
    ISOLATED,
    NAT_PER_ZONE,
    NO_NAT,
    PRIVATE,
    PUBLIC,
    SINGLE_NAT,
    UNUSED,
    Arguments,
    Spec,
    read,
)
from local.awsx.errors import ArgumentError

COMPONENT: Final = "awsx:ec2:Vpc"
ANYWHERE: Final = "0.0.0.0/0"
VPC: Final = "aws:ec2/vpc:Vpc"
INTERNET_GATEWAY: Final = "aws:ec2/internetGateway:InternetGateway"
SUBNET: Final = "aws:ec2/subnet:Subnet"
ROUTE_TABLE: Final = "aws:ec2/routeTable:RouteTable"
ASSOCIATION: Final = "aws:ec2/routeTableAssociation:RouteTableAssociation"
ROUTE: Final = "aws:ec2/route:Route"
EIP: Final = "aws:ec2/eip:Eip"
NAT_GATEWAY: Final = "aws:ec2/natGateway:NatGateway"

_LISTED: Final = {
    "subnets": SUBNET,
    "routeTables": ROUTE_TABLE,
    "routeTableAssociations": ASSOCIATION,
    "routes": ROUTE,
    "natGateways": NAT_GATEWAY,
    "eips": EIP,
}
_TIERS: Final = (PUBLIC, PRIVATE, ISOLATED)


@dataclass(frozen=True)
class Key:
    """Which child: no two have type and name in common. As a value: the whole resource."""

    type: str
    name: str


@dataclass(frozen=True)
class Ref:
    """Stands for an output of a child until a driver knows its value."""

    child: Key
    output: str = "id"


@dataclass(frozen=True)
class Ipv6Subnet:
    """Stands for the /64 with this index in a VPC's block."""

    block: Ref
    index: int

    def of(self, block: str) -> str:
        """The /64, once the VPC's block is known."""
        return ipv6_subnet(block, self.index)


@dataclass(frozen=True, kw_only=True)
class Child:
    """One resource of the component."""

    key: Key
    parent: Key | None
    """None: the component itself"""
    depends_on: tuple[Key, ...]
    inputs: Mapping[str, Any]
    """camelCase; values may hold `Ref`s and `Ipv6Subnet`s"""


@dataclass(frozen=True)
class Plan:
    """The children, each after everything it refers to, and the component's outputs."""

    children: tuple[Child, ...]
    outputs: Mapping[str, Any]
    """camelCase; values may hold `Ref`s and, for a whole resource, `Key`s"""

    def referred(self, key: Key) -> frozenset[str]:
        """The outputs of a child, its id aside, that others refer to."""
        found = (ref for child in self.children for ref in _refs(child.inputs))
        return frozenset(ref.output for ref in found if ref.child == key and ref.output != "id")


def plan(name: str, args: Mapping[str, Any], zones: Sequence[str]) -> Plan:
    """Plan the component `name` in a region with these `zones`; raises `ArgumentError`."""
    return _Planner(name, read(args, zones)).plan()


Reference: TypeAlias = Ref | Key | Ipv6Subnet


def resolve(value: Any, known: Callable[[Reference], Any]) -> Any:
    """`value` with what is `known` of each reference in it."""
    if isinstance(value, Ref | Key | Ipv6Subnet):
        return known(value)
    if isinstance(value, Mapping):
        return {key: resolve(item, known) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [resolve(item, known) for item in value]
    return value


def _refs(value: Any) -> Iterator[Ref]:
    found: list[Reference] = []
    resolve(value, found.append)
    for item in found:
        if not isinstance(item, Key):
            yield item.block if isinstance(item, Ipv6Subnet) else item


class _Planner:
    """Collects the children in the order in which the official component creates them."""

    def __init__(self, name: str, args: Arguments) -> None:
        self._name = name
        self._args = args
        self._shared = {"Name": name, **args.tags}
        self._vpc = Key(VPC, name)
        self._gateway = Key(INTERNET_GATEWAY, name)
        self._children: list[Child] = []
        self._tiers: dict[str, list[Key]] = {tier: [] for tier in _TIERS}
        self._gateways: list[Key] = []

    def plan(self) -> Plan:
        specs, found = layout(self._args), blocks(self._args)
        self._check_nat_strategy(specs)
        vpc = {"cidrBlock": self._args.cidr_block, "tags": self._shared, **self._args.vpc}
        self._children.append(Child(key=self._vpc, parent=None, depends_on=(), inputs=vpc))
        attached = {"vpcId": Ref(self._vpc), "tags": self._shared}
        self._add(self._gateway, self._vpc, attached)
        for zone, zone_blocks in enumerate(found):
            pairs = zip(specs, zone_blocks, strict=True)
            used = [(spec, block) for spec, block in pairs if spec.type != UNUSED]
            in_order = sorted(used, key=lambda pair: _TIERS.index(pair[0].type))
            for position, (spec, block) in enumerate(in_order):
                ipv6 = self._ipv6(spec, zone + position * len(self._args.zones))
                self._add_subnet(zone, spec, {"cidrBlock": str(block), **ipv6})
        return Plan(tuple(self._children), self._outputs(specs))

    def _add(self, key: Key, parent: Key, inputs: Mapping[str, Any]) -> None:
        self._children.append(Child(key=key, parent=parent, depends_on=(parent,), inputs=inputs))

    def _ipv6(self, spec: Spec, index: int) -> dict[str, Any]:
        of_the_vpc = self._args.vpc.get("assignGeneratedIpv6CidrBlock", False)
        if not (of_the_vpc if spec.ipv6 is None else spec.ipv6):
            return {"assignIpv6AddressOnCreation": False}
        if not of_the_vpc:
            rule = "a subnet takes its IPv6 block from the VPC's, and the VPC has none"
            remedy = "say assignGeneratedIpv6CidrBlock as well"
            raise ArgumentError("subnetSpecs.assignIpv6AddressOnCreation", True, rule, remedy)
        block = Ipv6Subnet(Ref(self._vpc, "ipv6CidrBlock"), index)
        return {"assignIpv6AddressOnCreation": True, "ipv6CidrBlock": block}

    def _add_subnet(self, zone: int, spec: Spec, blocks: Mapping[str, Any]) -> None:
        name = f"{self._name}-{spec.label}-{zone + 1}"
        named = {"Name": name, "SubnetType": spec.type}
        subnet, table = Key(SUBNET, name), Key(ROUTE_TABLE, name)
        inputs = {
            "vpcId": Ref(self._vpc),
            "availabilityZone": self._args.zones[zone],
            "mapPublicIpOnLaunch": spec.type == PUBLIC,
            **blocks,
            "tags": {**self._shared, **spec.tags, **named},
        }
        self._add(subnet, self._vpc, inputs)
        self._tiers[spec.type].append(subnet)
        self._add(table, subnet, {"vpcId": Ref(self._vpc), "tags": {**self._shared, **named}})
        associated = {"routeTableId": Ref(table), "subnetId": Ref(subnet)}
        self._add(Key(ASSOCIATION, name), table, associated)
        if spec.type == PUBLIC and self._needs_nat(zone):
            self._add_nat(zone, subnet)
        if target := self._way_out(zone, spec):
            route = {"routeTableId": Ref(table), **target, "destinationCidrBlock": ANYWHERE}
            self._add(Key(ROUTE, name), table, route)

    def _needs_nat(self, zone: int) -> bool:
        wanted = {NO_NAT: 0, SINGLE_NAT: 1, NAT_PER_ZONE: zone + 1}[self._args.nat_strategy]
        return len(self._gateways) < wanted

    def _add_nat(self, zone: int, subnet: Key) -> None:
        name = f"{self._name}-{zone + 1}"
        tags = {**self._args.tags, "Name": name}
        address, gateway = Key(EIP, name), Key(NAT_GATEWAY, name)
        self._add(address, subnet, {"tags": tags})
        inputs = {
            "subnetId": Ref(subnet),
            "allocationId": Ref(address, "allocationId"),
            "tags": tags,
        }
        self._add(gateway, subnet, inputs)
        self._gateways.append(gateway)

    def _way_out(self, zone: int, spec: Spec) -> dict[str, Ref]:
        if spec.type == PUBLIC:
            return {"gatewayId": Ref(self._gateway)}
        if spec.type != PRIVATE or not self._gateways:
            return {}
        single = self._args.nat_strategy == SINGLE_NAT
        return {"natGatewayId": Ref(self._gateways[0 if single else zone])}

    def _check_nat_strategy(self, specs: Sequence[Spec]) -> None:
        types = {spec.type for spec in specs}
        if self._args.nat_strategy != NO_NAT and not (
            PUBLIC in types and types & {PRIVATE, ISOLATED}
        ):
            rule = "a NAT gateway needs a public subnet to stand in and others that use it"
            remedy = "list both in subnetSpecs, or say None"
            raise ArgumentError("natGateways.strategy", self._args.nat_strategy, rule, remedy)

    def _outputs(self, specs: Sequence[Spec]) -> dict[str, Any]:
        listed = {
            output: [child.key for child in self._children if child.key.type == kind]
            for output, kind in _LISTED.items()
        }
        tiers = {tier.lower(): keys for tier, keys in self._tiers.items()}
        return {
            "vpc": self._vpc,
            "vpcId": Ref(self._vpc),
            "internetGateway": self._gateway,
            **listed,
            **{f"{tier}Subnets": keys for tier, keys in tiers.items()},
            **{f"{tier}SubnetIds": [Ref(key) for key in keys] for tier, keys in tiers.items()},
            "subnetLayout": [self._resolved(spec) for spec in specs],
            "vpcEndpoints": [],
        }

    def _resolved(self, spec: Spec) -> dict[str, Any]:
        sized = self._args.specs is not None and spec.mask is not None and not spec.blocks
        resolved = {
            "type": spec.type,
            "name": spec.name,
            "cidrMask": spec.mask,
            "assignIpv6AddressOnCreation": spec.ipv6,
            "cidrBlocks": None if spec.blocks is None else list(spec.blocks),
            "size": 1 << (32 - spec.mask) if sized and spec.mask is not None else None,
        }
        return {key: value for key, value in resolved.items() if value is not None}
