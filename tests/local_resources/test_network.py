"""The VPC component's children on the embedded AWS, from the first to the last."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network
from itertools import combinations

import pytest

from local.awsx import plan as awsx
from local.awsx.in_process import Made, make
from local.awsx.plan import Key
from local.resources import Cloud, handler_for
from tests.local_resources.cases.network import ADDRESS, GATEWAY, ROUTE_TABLE, SUBNET, VPC, network
from tests.local_resources.stack import Stack
from tests.support.vpc import NAME, planned

pytestmark = pytest.mark.xdist_group("ministack")


@pytest.fixture
def made(cloud: Cloud) -> Iterator[Made]:
    """Our program's VPC; what a test leaves of it is deleted."""
    vpc = make(
        planned(),
        lambda child, inputs: handler_for(child.key.type).create(cloud, child.key.name, inputs),
    )
    yield vpc
    _delete(cloud, vpc)


def _delete(cloud: Cloud, made: Made) -> None:
    for key, child in reversed(list(made.children.items())):
        handler_for(key.type).delete(cloud, child.id, child.outputs)


def test_every_child_reads_back_as_it_was_created(cloud: Cloud, made: Made) -> None:
    found = {
        key: handler_for(key.type).read(cloud, child.id, child.outputs)
        for key, child in made.children.items()
    }

    assert found == {key: child.outputs for key, child in made.children.items()}


def test_every_child_is_gone_after_its_deletion_and_the_vpc_last(cloud: Cloud, made: Made) -> None:
    _delete(cloud, made)

    found = {
        key: handler_for(key.type).read(cloud, child.id, child.outputs)
        for key, child in made.children.items()
    }
    assert set(found.values()) == {None}


def test_the_subnets_are_where_the_plan_says(cloud: Cloud, made: Made) -> None:
    vpc = made.children[Key(awsx.VPC, NAME)].id
    filters = [{"Name": "vpc-id", "Values": [vpc]}]

    subnets = cloud.client("ec2").describe_subnets(Filters=filters)["Subnets"]

    blocks = [IPv4Network(subnet["CidrBlock"]) for subnet in subnets]
    assert sorted(block.prefixlen for block in blocks) == [22, 22, 24, 24]
    assert not any(one.overlaps(other) for one, other in combinations(blocks, 2))
    assert {(subnet["AvailabilityZone"], subnet["MapPublicIpOnLaunch"]) for subnet in subnets} == {
        (zone, public) for zone in ("us-east-1a", "us-east-1b") for public in (True, False)
    }


@pytest.mark.parametrize(
    ("tier", "target", "gateway"),
    [
        ("public", "GatewayId", Key(awsx.INTERNET_GATEWAY, NAME)),
        ("private", "NatGatewayId", Key(awsx.NAT_GATEWAY, f"{NAME}-1")),
    ],
)
def test_a_subnets_way_out_is_its_tiers(
    cloud: Cloud, made: Made, tier: str, target: str, gateway: Key
) -> None:
    subnet = made.children[Key(awsx.SUBNET, f"{NAME}-{tier}-2")].id
    filters = [{"Name": "association.subnet-id", "Values": [subnet]}]

    (table,) = cloud.client("ec2").describe_route_tables(Filters=filters)["RouteTables"]

    (way_out,) = (
        route for route in table["Routes"] if route["DestinationCidrBlock"] == awsx.ANYWHERE
    )
    assert way_out[target] == made.children[gateway].id


def test_an_internet_gateway_moves_to_another_vpc(stack: Stack) -> None:
    first, second = (
        stack.make(VPC, cidrBlock=block)["id"] for block in ("10.91.0.0/16", "10.92.0.0/16")
    )
    gateway = stack.make(GATEWAY, vpcId=first)
    handler = handler_for(GATEWAY)

    state = handler.update(stack.cloud, gateway["id"], gateway, {"vpcId": second})
    stack.on_close(lambda: handler.delete(stack.cloud, gateway["id"], state))

    assert handler.read(stack.cloud, gateway["id"], state) == {**gateway, "vpcId": second}


def test_a_detached_internet_gateway_is_seen(stack: Stack) -> None:
    gateway = stack.make(GATEWAY, vpcId=stack.make(VPC, cidrBlock="10.91.0.0/16")["id"])
    stack.cloud.client("ec2").detach_internet_gateway(
        InternetGatewayId=gateway["id"], VpcId=gateway["vpcId"]
    )

    found = handler_for(GATEWAY).read(stack.cloud, gateway["id"], gateway)

    assert found == {**gateway, "vpcId": ""}


def test_a_route_turned_elsewhere_behind_the_back_is_seen(stack: Stack) -> None:
    kind = "aws:ec2/route:Route"
    table = stack.make(ROUTE_TABLE, vpcId=network(stack)["vpcId"])["id"]
    inputs = {"routeTableId": table, "destinationCidrBlock": awsx.ANYWHERE}
    route = stack.make(kind, **inputs, natGatewayId="nat-1")
    stack.cloud.client("ec2").replace_route(
        RouteTableId=table, DestinationCidrBlock=awsx.ANYWHERE, NatGatewayId="nat-2"
    )

    found = handler_for(kind).read(stack.cloud, route["id"], route)

    assert found == {**route, "natGatewayId": "nat-2"}
    assert route["id"] == f"r-{table}1080289494"


def test_a_route_whose_table_went_is_gone(stack: Stack) -> None:
    kind = "aws:ec2/route:Route"
    inputs = {"routeTableId": stack.make(ROUTE_TABLE, vpcId=network(stack)["vpcId"])["id"]}
    route = stack.make(kind, **inputs, destinationCidrBlock=awsx.ANYWHERE, natGatewayId="nat-1")
    stack.cloud.client("ec2").delete_route_table(RouteTableId=inputs["routeTableId"])

    assert handler_for(kind).read(stack.cloud, route["id"], route) is None


def test_a_nat_gateway_shows_the_address_it_was_given(stack: Stack) -> None:
    address = stack.make(ADDRESS)
    subnet = stack.make(
        SUBNET, vpcId=stack.make(VPC, cidrBlock="10.91.0.0/16")["id"], cidrBlock="10.91.0.0/24"
    )

    gateway = stack.make(
        "aws:ec2/natGateway:NatGateway",
        subnetId=subnet["id"],
        allocationId=address["allocationId"],
    )

    assert (gateway["publicIp"], gateway["vpcId"]) == (address["publicIp"], subnet["vpcId"])
