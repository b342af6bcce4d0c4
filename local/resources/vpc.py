"""The VPC component of awsx, which the engine asks another plugin for: here it is one resource.

It creates the VPC and its subnets. Gateways and routes are left out, since no packet of the local
run ever travels through the VPC.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Final

from local.resources.base import Cloud, Properties, ResourceError
from local.resources.ec2 import tagged
from local.resources.lifecycle import Lifecycle
from local.resources.shapes import Api

_DEFAULT_CIDR: Final = "10.0.0.0/16"
_DEFAULT_ZONES: Final = 3
_DEFAULT_SPECS: Final = ({"type": "Public"}, {"type": "Private"})
_ACTED_ON: Final = frozenset(
    {"availabilityZoneNames", "cidrBlock", "numberOfAvailabilityZones", "subnetSpecs", "tags"}
    | {"enableDnsHostnames", "enableDnsSupport", "instanceTenancy"}
)
_WITHOUT_EFFECT: Final = frozenset({"natGateways", "subnetNameTagStrategy", "subnetStrategy"})


class Vpc(Lifecycle):
    """A VPC with subnets in each zone; its id is the VPC id."""

    handles = "awsx:ec2:Vpc"
    replace_on = frozenset(
        {"cidrBlock", "numberOfAvailabilityZones", "availabilityZoneNames", "subnetSpecs"}
    )
    tags_by = "vpcId"
    api = Api("ec2")

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`; raises `ResourceError` for inputs without a counterpart here."""
        unknown = inputs.keys() - _ACTED_ON - _WITHOUT_EFFECT - {"region"}
        if unknown:
            raise ResourceError(
                f"VPC properties {sorted(unknown)} are not handled here: add them to "
                "local/resources/vpc.py."
            )
        client = cloud.client("ec2")
        block = inputs.get("cidrBlock") or _DEFAULT_CIDR
        layout = list(_layout(cloud.region, IPv4Network(block), inputs))
        vpc = str(
            client.create_vpc(
                CidrBlock=block,
                InstanceTenancy=inputs.get("instanceTenancy") or "default",
                **tagged("vpc", inputs),
            )["Vpc"]["VpcId"]
        )
        for kind, zone, subnet in layout:
            tags = {**(inputs.get("tags") or {}), "SubnetType": kind}
            client.create_subnet(
                VpcId=vpc,
                CidrBlock=str(subnet),
                AvailabilityZone=zone,
                **tagged("subnet", {"tags": tags}),
            )
        self.change(cloud, vpc, {}, inputs)
        return vpc

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        client = cloud.client("ec2")
        client.describe_vpcs(VpcIds=[id])
        subnets = client.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [id]}])["Subnets"]
        ids: dict[str, list[str]] = {"Public": [], "Private": [], "Isolated": []}
        for subnet in sorted(subnets, key=lambda subnet: str(subnet["AvailabilityZone"])):
            kinds = [tag["Value"] for tag in subnet["Tags"] if tag["Key"] == "SubnetType"]
            for kind in kinds:
                ids[kind].append(subnet["SubnetId"])
        by_type = {f"{kind.lower()}SubnetIds": found for kind, found in ids.items()}
        return {"vpcId": id, **by_type}

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        for key, member in (
            ("enableDnsSupport", "EnableDnsSupport"),
            ("enableDnsHostnames", "EnableDnsHostnames"),
        ):
            if inputs.get(key) is not None and inputs[key] != state.get(key):
                value = {member: {"Value": inputs[key]}}
                cloud.client("ec2").modify_vpc_attribute(VpcId=id, **value)

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        client = cloud.client("ec2")
        subnets = client.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [id]}])["Subnets"]
        for subnet in subnets:
            client.delete_subnet(SubnetId=subnet["SubnetId"])
        client.delete_vpc(VpcId=id)


def _layout(
    region: str, vpc: IPv4Network, inputs: Properties
) -> Iterator[tuple[str, str, IPv4Network]]:
    """Type, zone and block of each subnet: every spec in every zone, one after another."""
    zones = inputs.get("availabilityZoneNames") or [
        f"{region}{letter}"
        for letter in "abcdef"[: int(inputs.get("numberOfAvailabilityZones") or _DEFAULT_ZONES)]
    ]
    specs = inputs.get("subnetSpecs") or _DEFAULT_SPECS
    even = vpc.prefixlen + math.ceil(math.log2(len(zones) * len(specs)))
    start = int(vpc.network_address)
    for index, zone in enumerate(zones):
        for spec in specs:
            if spec.get("cidrBlocks"):
                block = IPv4Network(spec["cidrBlocks"][index])
            else:
                size = 1 << (32 - int(spec.get("cidrMask") or even))
                start = -(-start // size) * size
                block = IPv4Network((start, int(spec.get("cidrMask") or even)))
                start += size
            if not block.subnet_of(vpc):
                raise ResourceError(
                    f"subnet {block} of type {spec['type']} is outside the VPC's {vpc}: choose "
                    "smaller subnets or a larger VPC."
                )
            if spec["type"] != "Unused":
                yield str(spec["type"]), zone, block


HANDLERS = (Vpc(),)
