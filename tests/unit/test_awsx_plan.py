"""The VPC component consists of what the official one consists of, address for address."""

from __future__ import annotations

from collections import Counter

import pytest

from local.awsx import plan as awsx
from local.awsx.plan import Ipv6Subnet, Key, Plan, Ref
from tests.support.vpc import NAME, inputs_of, planned

PAIR = [{"type": "Public"}, {"type": "Private"}]
INTERNET = "0.0.0.0/0"


def _blocks(plan: Plan) -> dict[str, str]:
    subnets = inputs_of(plan, awsx.SUBNET)
    return {name: str(inputs["cidrBlock"]) for name, inputs in subnets.items()}


def test_the_children_of_our_program_are_those_of_the_official_component() -> None:
    counts = Counter(child.key.type for child in planned().children)

    assert counts == {
        awsx.VPC: 1,
        awsx.INTERNET_GATEWAY: 1,
        awsx.SUBNET: 4,
        awsx.ROUTE_TABLE: 4,
        awsx.ASSOCIATION: 4,
        awsx.ROUTE: 4,
        awsx.EIP: 1,
        awsx.NAT_GATEWAY: 1,
    }


def test_the_first_zone_is_made_in_the_official_order_with_the_official_names() -> None:
    public, private = f"{NAME}-public-1", f"{NAME}-private-1"

    made = [(child.key.type, child.key.name, child.parent) for child in planned().children[:12]]

    assert made == [
        (awsx.VPC, NAME, None),
        (awsx.INTERNET_GATEWAY, NAME, Key(awsx.VPC, NAME)),
        (awsx.SUBNET, public, Key(awsx.VPC, NAME)),
        (awsx.ROUTE_TABLE, public, Key(awsx.SUBNET, public)),
        (awsx.ASSOCIATION, public, Key(awsx.ROUTE_TABLE, public)),
        (awsx.EIP, f"{NAME}-1", Key(awsx.SUBNET, public)),
        (awsx.NAT_GATEWAY, f"{NAME}-1", Key(awsx.SUBNET, public)),
        (awsx.ROUTE, public, Key(awsx.ROUTE_TABLE, public)),
        (awsx.SUBNET, private, Key(awsx.VPC, NAME)),
        (awsx.ROUTE_TABLE, private, Key(awsx.SUBNET, private)),
        (awsx.ASSOCIATION, private, Key(awsx.ROUTE_TABLE, private)),
        (awsx.ROUTE, private, Key(awsx.ROUTE_TABLE, private)),
    ]


def test_a_child_depends_on_its_parent_alone() -> None:
    children = planned().children

    assert [child.depends_on for child in children] == [
        () if child.parent is None else (child.parent,) for child in children
    ]


def test_our_vpc_has_the_addresses_the_official_component_gives() -> None:
    assert _blocks(planned(numberOfAvailabilityZones=3)) == {
        f"{NAME}-public-1": "10.40.0.0/24",
        f"{NAME}-private-1": "10.40.4.0/22",
        f"{NAME}-public-2": "10.40.64.0/24",
        f"{NAME}-private-2": "10.40.68.0/22",
        f"{NAME}-public-3": "10.40.128.0/24",
        f"{NAME}-private-3": "10.40.132.0/22",
    }


def test_vpc_and_gateway_take_the_programs_arguments_and_tags() -> None:
    tags = {"Name": NAME, "project": "storefront"}

    assert inputs_of(planned(), awsx.VPC)[NAME] == {
        "cidrBlock": "10.40.0.0/16",
        "enableDnsHostnames": True,
        "enableDnsSupport": True,
        "tags": tags,
    }
    assert inputs_of(planned(), awsx.INTERNET_GATEWAY)[NAME] == {
        "vpcId": Ref(Key(awsx.VPC, NAME)),
        "tags": tags,
    }


@pytest.mark.parametrize(
    ("tier", "kind", "public", "block"),
    [("public", "Public", True, "10.40.128.0/24"), ("private", "Private", False, "10.40.132.0/22")],
)
def test_a_subnet_says_what_it_is_for(tier: str, kind: str, public: bool, block: str) -> None:
    name = f"{NAME}-{tier}-2"

    assert inputs_of(planned(), awsx.SUBNET)[name] == {
        "vpcId": Ref(Key(awsx.VPC, NAME)),
        "availabilityZone": "us-east-1b",
        "mapPublicIpOnLaunch": public,
        "cidrBlock": block,
        "assignIpv6AddressOnCreation": False,
        "tags": {"project": "storefront", "Name": name, "SubnetType": kind},
    }


def test_a_specs_own_tags_are_on_its_subnets_and_not_on_their_tables() -> None:
    specs = [{"type": "Public", "tags": {"elb": "1", "Name": "mine"}}, {"type": "Private"}]
    made = planned(subnetSpecs=specs)
    tags = {"project": "storefront", "Name": f"{NAME}-public-1", "SubnetType": "Public"}

    assert inputs_of(made, awsx.SUBNET)[f"{NAME}-public-1"]["tags"] == {**tags, "elb": "1"}
    assert inputs_of(made, awsx.ROUTE_TABLE)[f"{NAME}-public-1"]["tags"] == tags


def test_the_programs_own_name_tag_wins_where_the_official_component_lets_it() -> None:
    made = planned(tags={"Name": "mine"})

    assert inputs_of(made, awsx.VPC)[NAME]["tags"] == {"Name": "mine"}
    assert inputs_of(made, awsx.NAT_GATEWAY)[f"{NAME}-1"]["tags"] == {"Name": f"{NAME}-1"}


@pytest.mark.parametrize(
    ("strategy", "gateways", "ways_out"),
    [
        ("None", [], {}),
        ("Single", ["1"], {"1": "1", "2": "1", "3": "1"}),
        ("OnePerAz", ["1", "2", "3"], {"1": "1", "2": "2", "3": "3"}),
    ],
)
def test_private_subnets_leave_by_the_gateways_that_the_strategy_gives(
    strategy: str, gateways: list[str], ways_out: dict[str, str]
) -> None:
    made = planned(numberOfAvailabilityZones=3, natGateways={"strategy": strategy})
    routes = inputs_of(made, awsx.ROUTE)

    assert list(inputs_of(made, awsx.NAT_GATEWAY)) == [f"{NAME}-{zone}" for zone in gateways]
    assert {name: route for name, route in routes.items() if "private" in name} == {
        f"{NAME}-private-{zone}": {
            "routeTableId": Ref(Key(awsx.ROUTE_TABLE, f"{NAME}-private-{zone}")),
            "natGatewayId": Ref(Key(awsx.NAT_GATEWAY, f"{NAME}-{gateway}")),
            "destinationCidrBlock": INTERNET,
        }
        for zone, gateway in ways_out.items()
    }


def test_a_nat_gateway_stands_in_its_zones_public_subnet_with_an_address_of_its_own() -> None:
    made = planned(natGateways={"strategy": "OnePerAz"})

    assert inputs_of(made, awsx.NAT_GATEWAY)[f"{NAME}-2"] == {
        "subnetId": Ref(Key(awsx.SUBNET, f"{NAME}-public-2")),
        "allocationId": Ref(Key(awsx.EIP, f"{NAME}-2"), "allocationId"),
        "tags": {"project": "storefront", "Name": f"{NAME}-2"},
    }
    assert made.referred(Key(awsx.EIP, f"{NAME}-2")) == {"allocationId"}


def test_public_subnets_leave_by_the_internet_gateway_and_isolated_ones_not_at_all() -> None:
    made = planned(subnetSpecs=[{"type": "Isolated"}, *PAIR], numberOfAvailabilityZones=1)

    assert list(inputs_of(made, awsx.ROUTE)) == [f"{NAME}-public-1", f"{NAME}-private-1"]
    assert inputs_of(made, awsx.ROUTE)[f"{NAME}-public-1"] == {
        "routeTableId": Ref(Key(awsx.ROUTE_TABLE, f"{NAME}-public-1")),
        "gatewayId": Ref(Key(awsx.INTERNET_GATEWAY, NAME)),
        "destinationCidrBlock": INTERNET,
    }


def test_the_outputs_are_those_of_the_official_component() -> None:
    outputs = planned().outputs
    private = [Key(awsx.SUBNET, f"{NAME}-private-{zone}") for zone in (1, 2)]

    assert set(outputs) == {
        *("vpc", "vpcId", "vpcEndpoints", "internetGateway", "natGateways", "eips"),
        *("subnets", "publicSubnets", "privateSubnets", "isolatedSubnets", "subnetLayout"),
        *("publicSubnetIds", "privateSubnetIds", "isolatedSubnetIds"),
        *("routes", "routeTables", "routeTableAssociations"),
    }
    assert (outputs["vpc"], outputs["vpcId"]) == (Key(awsx.VPC, NAME), Ref(Key(awsx.VPC, NAME)))
    assert outputs["privateSubnets"] == private
    assert outputs["privateSubnetIds"] == [Ref(key) for key in private]
    assert (outputs["isolatedSubnetIds"], outputs["vpcEndpoints"]) == ([], [])
    assert outputs["subnetLayout"] == [
        {"type": "Public", "cidrMask": 24, "size": 256},
        {"type": "Private", "cidrMask": 22, "size": 1024},
    ]


def test_each_private_subnet_takes_the_64_of_its_place_in_the_vpcs_block() -> None:
    specs = [
        {"type": "Public", "assignIpv6AddressOnCreation": False},
        {"type": "Private"},
    ]
    made = planned(subnetSpecs=specs, assignGeneratedIpv6CidrBlock=True)
    block = Ref(Key(awsx.VPC, NAME), "ipv6CidrBlock")

    subnets = inputs_of(made, awsx.SUBNET)
    assert inputs_of(made, awsx.VPC)[NAME]["assignGeneratedIpv6CidrBlock"] is True
    assert {name: subnet.get("ipv6CidrBlock") for name, subnet in subnets.items()} == {
        f"{NAME}-public-1": None,
        f"{NAME}-private-1": Ipv6Subnet(block, 2),
        f"{NAME}-public-2": None,
        f"{NAME}-private-2": Ipv6Subnet(block, 3),
    }
    assert [subnet["assignIpv6AddressOnCreation"] for subnet in subnets.values()] == [
        *(False, True),
        *(False, True),
    ]
    assert made.referred(Key(awsx.VPC, NAME)) == {"ipv6CidrBlock"}


def test_blocks_that_the_program_gives_are_taken_as_they_are() -> None:
    blocks = {
        "Public": ["10.40.0.0/24", "10.40.64.0/24"],
        "Private": ["10.40.4.0/22", "10.40.8.0/22"],
    }
    made = planned(subnetSpecs=[{"type": kind, "cidrBlocks": of} for kind, of in blocks.items()])

    assert list(_blocks(made).values()) == [
        *("10.40.0.0/24", "10.40.4.0/22"),
        *("10.40.64.0/24", "10.40.8.0/22"),
    ]
