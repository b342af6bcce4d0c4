"""The VPC itself, its subnets, and the gateways that join it to the internet."""

from __future__ import annotations

from ipaddress import IPv6Network
from typing import Any, Final
from zlib import crc32

from local.resources.base import Cloud, Properties
from local.resources.ec2 import arn_of, tagged
from local.resources.lifecycle import Lifecycle
from local.resources.shapes import Api, picked

_DNS: Final = {
    "enableDnsSupport": ("EnableDnsSupport", True),
    "enableDnsHostnames": ("EnableDnsHostnames", False),
}
"""Property → AWS attribute, and what a new VPC has."""
_OF_A_NEW_VPC: Final = {key: default for key, (_, default) in _DNS.items()}
_SET_AFTER_CREATION: Final = {
    "assignIpv6AddressOnCreation": "AssignIpv6AddressOnCreation",
    "mapPublicIpOnLaunch": "MapPublicIpOnLaunch",
}
_OF_A_NEW_SUBNET: Final = dict.fromkeys(_SET_AFTER_CREATION, False)
_OF_IPV6: Final = frozenset({"assignGeneratedIpv6CidrBlock", "ipv6CidrBlock"})
"""The emulator keeps no IPv6 block: these are as the program says."""
_DOCUMENTATION: Final = IPv6Network("2001:db8::/32")


class Vpc(Lifecycle):
    """A VPC; its id is the VPC id."""

    handles = "aws:ec2/vpc:Vpc"
    replace_on = frozenset({"cidrBlock", "instanceTenancy", "ipv4IpamPoolId", "ipv4NetmaskLength"})
    tags_by = "id"
    api = Api("ec2", provider_only=frozenset({"tags", *_DNS, *_OF_IPV6}))

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        answer = self.api.call(cloud, "CreateVpc", inputs, **tagged("vpc", inputs))
        return str(answer["Vpc"]["VpcId"])

    def complete(self, cloud: Cloud, id: str, inputs: Properties) -> None:
        """See `Lifecycle.complete`."""
        self.change(cloud, id, _OF_A_NEW_VPC, inputs)

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        client = cloud.client("ec2")
        found = client.describe_vpcs(VpcIds=[id])["Vpcs"][0]
        names = {
            "cidrBlock": "CidrBlock",
            "dhcpOptionsId": "DhcpOptionsId",
            "instanceTenancy": "InstanceTenancy",
            "ownerId": "OwnerId",
        }
        flags = {
            key: client.describe_vpc_attribute(VpcId=id, Attribute=key)[member]["Value"]
            for key, (member, _) in _DNS.items()
        }
        computed = {**_defaults(client, id), **_ipv6(id, state), "arn": arn_of(cloud, id)}
        return {**picked(found, names), **flags, **computed}

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        for key, (member, _) in _DNS.items():
            if key in inputs and inputs[key] != state.get(key):
                value = {member: {"Value": inputs[key]}}
                cloud.client("ec2").modify_vpc_attribute(VpcId=id, **value)

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("ec2").delete_vpc(VpcId=id)


class Subnet(Lifecycle):
    """A subnet; its id is the subnet id."""

    handles = "aws:ec2/subnet:Subnet"
    replace_on = frozenset(
        {"availabilityZone", "availabilityZoneId", "cidrBlock", "ipv6Native", "outpostArn", "vpcId"}
    )
    tags_by = "id"
    api = Api("ec2", provider_only=frozenset({"tags", *_SET_AFTER_CREATION, *_OF_IPV6}))

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        more = tagged("subnet", inputs)
        return str(self.api.call(cloud, "CreateSubnet", inputs, **more)["Subnet"]["SubnetId"])

    def complete(self, cloud: Cloud, id: str, inputs: Properties) -> None:
        """See `Lifecycle.complete`."""
        self.change(cloud, id, _OF_A_NEW_SUBNET, inputs)

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`; the emulator gives no IPv6 address to anything."""
        found = cloud.client("ec2").describe_subnets(SubnetIds=[id])["Subnets"][0]
        names = {
            "availabilityZone": "AvailabilityZone",
            "availabilityZoneId": "AvailabilityZoneId",
            "ownerId": "OwnerId",
        }
        flags = {
            "mapPublicIpOnLaunch": found["MapPublicIpOnLaunch"],
            "assignIpv6AddressOnCreation": state.get("assignIpv6AddressOnCreation", False),
        }
        known = {**picked(found, names), **flags, "arn": arn_of(cloud, id)}
        return {**self.api.reflect(state, found), **known}

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        for key, member in _SET_AFTER_CREATION.items():
            if key in inputs and inputs[key] != state.get(key):
                value = {member: {"Value": inputs[key]}}
                cloud.client("ec2").modify_subnet_attribute(SubnetId=id, **value)

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("ec2").delete_subnet(SubnetId=id)


class InternetGateway(Lifecycle):
    """A gateway to the internet, attached to its VPC; its id is the gateway id."""

    handles = "aws:ec2/internetGateway:InternetGateway"
    tags_by = "id"
    api = Api("ec2", provider_only=frozenset({"tags", "vpcId"}))

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        more = tagged("internet-gateway", inputs)
        answer = self.api.call(cloud, "CreateInternetGateway", inputs, **more)
        return str(answer["InternetGateway"]["InternetGatewayId"])

    def complete(self, cloud: Cloud, id: str, inputs: Properties) -> None:
        """See `Lifecycle.complete`."""
        self.change(cloud, id, {}, inputs)

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        answer = cloud.client("ec2").describe_internet_gateways(InternetGatewayIds=[id])
        found = answer["InternetGateways"][0]
        attached = [item["VpcId"] for item in found["Attachments"]]
        vpc = {"vpcId": attached[0] if attached else ""} if "vpcId" in state or attached else {}
        return {**vpc, "ownerId": found["OwnerId"], "arn": arn_of(cloud, id)}

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        old, new = state.get("vpcId"), inputs.get("vpcId")
        if old == new:
            return
        client = cloud.client("ec2")
        if old:
            client.detach_internet_gateway(InternetGatewayId=id, VpcId=old)
        if new:
            client.attach_internet_gateway(InternetGatewayId=id, VpcId=new)

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`; the emulator detaches by itself."""
        cloud.client("ec2").delete_internet_gateway(InternetGatewayId=id)


class EgressOnlyInternetGateway(Lifecycle):
    """A gateway that lets a VPC call out over IPv6 and nobody in; its id is the gateway id."""

    handles = "aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway"
    replace_on = frozenset({"vpcId"})
    tags_by = "id"
    api = Api("ec2", provider_only=frozenset({"tags"}))

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        more = tagged("egress-only-internet-gateway", inputs)
        answer = self.api.call(cloud, "CreateEgressOnlyInternetGateway", inputs, **more)
        return str(answer["EgressOnlyInternetGateway"]["EgressOnlyInternetGatewayId"])

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties | None:
        """See `Lifecycle.observe`."""
        answer = cloud.client("ec2").describe_egress_only_internet_gateways(
            EgressOnlyInternetGatewayIds=[id]
        )
        found = answer["EgressOnlyInternetGateways"]
        return {"vpcId": found[0]["Attachments"][0]["VpcId"]} if found else None

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """Only tags change in place."""

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("ec2").delete_egress_only_internet_gateway(EgressOnlyInternetGatewayId=id)


def _ipv6(vpc: str, state: Properties) -> Properties:
    """The block that AWS would give: a /56 of its own for each VPC."""
    if not state.get("assignGeneratedIpv6CidrBlock"):
        return {}
    offset = (crc32(vpc.encode()) & 0xFFFFFF) << (128 - 56)
    block = IPv6Network((int(_DOCUMENTATION.network_address) + offset, 56))
    return {"ipv6CidrBlock": str(block)}


def _defaults(client: Any, vpc: str) -> Properties:
    """What AWS makes with a VPC by itself."""
    of_vpc = {"Name": "vpc-id", "Values": [vpc]}
    main = {"Name": "association.main", "Values": ["true"]}
    tables = client.describe_route_tables(Filters=[of_vpc, main])["RouteTables"]
    called = {"Name": "group-name", "Values": ["default"]}
    groups = client.describe_security_groups(Filters=[of_vpc, called])["SecurityGroups"]
    default = {"Name": "default", "Values": ["true"]}
    lists = client.describe_network_acls(Filters=[of_vpc, default])["NetworkAcls"]
    return {
        "mainRouteTableId": tables[0]["RouteTableId"],
        "defaultRouteTableId": tables[0]["RouteTableId"],
        "defaultSecurityGroupId": groups[0]["GroupId"],
        "defaultNetworkAclId": lists[0]["NetworkAclId"],
    }


HANDLERS = (Vpc(), Subnet(), InternetGateway(), EgressOnlyInternetGateway())
