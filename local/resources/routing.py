"""How packets leave a subnet: route tables, their routes and subnets, NAT and its addresses."""

from __future__ import annotations

import zlib
from typing import Any, Final

from local.resources.base import Cloud, Properties
from local.resources.ec2 import arn_of, tagged
from local.resources.lifecycle import Lifecycle
from local.resources.shapes import Api, picked

_TARGETS: Final = frozenset(
    {"carrierGatewayId", "coreNetworkArn", "egressOnlyGatewayId", "gatewayId", "localGatewayId"}
    | {"natGatewayId", "networkInterfaceId", "transitGatewayId", "vpcEndpointId"}
    | {"vpcPeeringConnectionId"}
)
_RENAMED: Final = {"egressOnlyGatewayId": "EgressOnlyInternetGatewayId"}


class RouteTable(Lifecycle):
    """A route table; its id is the table's id. Its routes are resources of their own."""

    handles = "aws:ec2/routeTable:RouteTable"
    replace_on = frozenset({"vpcId"})
    tags_by = "id"
    api = Api("ec2", provider_only=frozenset({"tags"}))

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        answer = self.api.call(cloud, "CreateRouteTable", inputs, **tagged("route-table", inputs))
        return str(answer["RouteTable"]["RouteTableId"])

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties | None:
        """See `Lifecycle.observe`."""
        found = _table(cloud, id)
        if found is None:
            return None
        names = {"vpcId": "VpcId", "ownerId": "OwnerId"}
        return {**picked(found, names), "arn": arn_of(cloud, id)}

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """Only tags change in place."""

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("ec2").delete_route_table(RouteTableId=id)


class RouteTableAssociation(Lifecycle):
    """That a subnet uses a route table; its id is the association's.

    AWS can move a subnet to another table, but gives the association a new id then.
    """

    handles = "aws:ec2/routeTableAssociation:RouteTableAssociation"
    replace_on = frozenset({"gatewayId", "routeTableId", "subnetId"})
    api = Api("ec2")

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        return str(self.api.call(cloud, "AssociateRouteTable", inputs)["AssociationId"])

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties | None:
        """See `Lifecycle.observe`."""
        named = {"Name": "association.route-table-association-id", "Values": [id]}
        for table in cloud.client("ec2").describe_route_tables(Filters=[named])["RouteTables"]:
            for association in table["Associations"]:
                if association["RouteTableAssociationId"] == id:
                    return {
                        "routeTableId": table["RouteTableId"],
                        **picked(association, {"subnetId": "SubnetId", "gatewayId": "GatewayId"}),
                    }
        return None

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """Nothing changes in place."""

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("ec2").disassociate_route_table(AssociationId=id)


class Route(Lifecycle):
    """A route to a block; its id is `r-<table><CRC-32 of the block>`, as upstream's.

    The emulator keeps a route to an IPv6 block without the block and where it leads.
    """

    handles = "aws:ec2/route:Route"
    replace_on = frozenset(
        {"destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId"}
        | {"routeTableId"}
    )
    api = Api("ec2", renamed=_RENAMED)

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        table = inputs["routeTableId"]
        block = inputs.get("destinationCidrBlock") or inputs["destinationIpv6CidrBlock"]
        self.api.call(cloud, "CreateRoute", inputs)
        return f"r-{table}{zlib.crc32(block.encode())}"

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties | None:
        """See `Lifecycle.observe`."""
        table = _table(cloud, state["routeTableId"])
        for found in table["Routes"] if table else ():
            if found.get("DestinationCidrBlock") == state.get("destinationCidrBlock", ""):
                kept = _TARGETS & state.keys() if "destinationCidrBlock" in state else ()
                targets = {key: state[key] for key in kept}
                known = picked(found, {"origin": "Origin", "state": "State"})
                return {**self.api.reflect(targets, found), **known}
        return None

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        where = _where(inputs)
        old, new = (
            {key: properties[key] for key in _TARGETS & properties.keys()}
            for properties in (state, inputs)
        )
        if old != new:
            self.api.call(cloud, "ReplaceRoute", {**where, **new})

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        self.api.call(cloud, "DeleteRoute", _where(state))


class Eip(Lifecycle):
    """An address of its own; its id is the allocation id."""

    handles = "aws:ec2/eip:Eip"
    replace_on = frozenset(
        {"address", "customerOwnedIpv4Pool", "domain", "ipamPoolId", "networkBorderGroup"}
        | {"publicIpv4Pool"}
    )
    tags_by = "id"
    api = Api("ec2", provider_only=frozenset({"tags"}))

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        request = {"domain": "vpc", **inputs}
        answer = self.api.call(cloud, "AllocateAddress", request, **tagged("elastic-ip", inputs))
        return str(answer["AllocationId"])

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties | None:
        """See `Lifecycle.observe`."""
        found = _address(cloud, id)
        if found is None:
            return None
        names = {"allocationId": "AllocationId", "publicIp": "PublicIp", "domain": "Domain"}
        return {**picked(found, names), "arn": arn_of(cloud, id)}

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """Only tags change in place."""

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("ec2").release_address(AllocationId=id)


class NatGateway(Lifecycle):
    """A gateway that lets private subnets call out; its id is the gateway id."""

    handles = "aws:ec2/natGateway:NatGateway"
    replace_on = frozenset(
        {"allocationId", "availabilityMode", "connectivityType", "privateIp", "subnetId", "vpcId"}
    )
    tags_by = "id"
    api = Api("ec2", renamed={"privateIp": "PrivateIpAddress"}, provider_only=frozenset({"tags"}))

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        answer = self.api.call(cloud, "CreateNatGateway", inputs, **tagged("natgateway", inputs))
        return str(answer["NatGateway"]["NatGatewayId"])

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties | None:
        """See `Lifecycle.observe`; the emulator keeps no addresses of a gateway."""
        answer = cloud.client("ec2").describe_nat_gateways(NatGatewayIds=[id])
        found = [item for item in answer["NatGateways"] if item["State"] == "available"]
        if not found:
            return None
        names = {"connectivityType": "ConnectivityType", "subnetId": "SubnetId", "vpcId": "VpcId"}
        address = _address(cloud, state["allocationId"]) if state.get("allocationId") else None
        return {**picked(found[0], names), **picked(address or {}, {"publicIp": "PublicIp"})}

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """Only tags change in place."""

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("ec2").delete_nat_gateway(NatGatewayId=id)


def _where(route: Properties) -> Properties:
    keys = ("routeTableId", "destinationCidrBlock", "destinationIpv6CidrBlock")
    return {key: route[key] for key in keys if key in route}


def _table(cloud: Cloud, id: str) -> dict[str, Any] | None:
    found = cloud.client("ec2").describe_route_tables(RouteTableIds=[id])["RouteTables"]
    return found[0] if found else None


def _address(cloud: Cloud, id: str) -> dict[str, Any] | None:
    found = cloud.client("ec2").describe_addresses(AllocationIds=[id])["Addresses"]
    return found[0] if found else None


HANDLERS = (RouteTable(), RouteTableAssociation(), Route(), Eip(), NatGateway())
