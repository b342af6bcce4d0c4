"""The VPC component consists of what the official one consists of, address for address."""

from __future__ import annotations

from collections import Counter
from ipaddress import IPv4Network
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.awsx import plan as awsx
from local.awsx.errors import ArgumentError
from local.awsx.plan import Key, Plan, Ref, plan
from tests.support.vpc import NAME, ZONES, arguments, inputs_of, planned

PAIR = [{"type": "Public"}, {"type": "Private"}]
INTERNET = "0.0.0.0/0"


def _blocks(plan: Plan) -> dict[str, str]:
    subnets = inputs_of(plan, awsx.SUBNET)
    return {name: str(inputs["cidrBlock"]) for name, inputs in subnets.items()}


def _laid_out(cidr: str, zones: int, specs: list[dict[str, Any]] | None, **more: Any) -> list[str]:
    """The blocks that Auto gives, in the order of the specs within each zone."""
    args = {
        "cidrBlock": cidr,
        "availabilityZoneNames": list(ZONES[:zones]),
        "natGateways": {"strategy": "None"},
        "subnetStrategy": "Auto",
        "subnetSpecs": specs,
    }
    return list(_blocks(plan("v", {**args, **more}, ZONES)).values())


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


@pytest.mark.parametrize("mask", range(16, 25))
def test_the_default_layout_has_staggered_sizes(mask: int) -> None:
    """Official: /%i AZ creates single private & public with staggered sizes."""
    made = plan("v", {"cidrBlock": f"10.0.0.0/{mask}", "subnetStrategy": "Auto"}, ZONES)
    zone = mask + 2

    masks = {name: int(block.split("/")[1]) for name, block in _blocks(made).items()}

    assert masks == {
        f"v-{kind}-{number}": zone + step
        for number in (1, 2, 3)
        for kind, step in (("public", 2), ("private", 1))
    }
    assert made.outputs["subnetLayout"] == [
        {"type": "Private", "cidrMask": zone + 1},
        {"type": "Public", "cidrMask": zone + 2},
    ]


@pytest.mark.parametrize("mask", range(16, 25))
def test_specs_without_masks_share_a_zone_evenly(mask: int) -> None:
    """Official: /%i AZ evenly distributes space."""
    specs = [{"type": "Private"}, {"type": "Public"}, {"type": "Isolated"}]

    found = _laid_out(f"10.0.0.0/{mask}", 1, specs)

    assert [int(block.split("/")[1]) for block in found] == [mask + 2] * 3


@pytest.mark.parametrize("mask", range(24, 28))
def test_a_single_subnet_takes_the_whole_of_a_small_vpc(mask: int) -> None:
    """Official: should use whole space if there's only one subnet and VPC is small."""
    assert _laid_out(f"10.0.0.0/{mask}", 1, [{"type": "Public"}]) == [f"10.0.0.0/{mask}"]


def test_the_share_of_a_zone_can_be_given() -> None:
    """Official: can override az cidr mask."""
    found = _laid_out("10.0.0.0/16", 1, [{"type": "Public"}], availabilityZoneCidrMask=19)

    assert found == ["10.0.0.0/19"]


def test_the_official_default_layout_of_two_zones() -> None:
    """Official: the default sizes behind AutoMerge, here without anything to merge."""
    assert sorted(_laid_out("10.0.0.0/16", 2, None)) == [
        "10.0.0.0/18",
        "10.0.128.0/18",
        "10.0.192.0/19",
        "10.0.64.0/19",
    ]


@pytest.mark.parametrize(
    ("masks", "expected"),
    [((18, 17), ["10.0.0.0/18", "10.0.128.0/17"]), ((17, 18), ["10.0.0.0/17", "10.0.128.0/18"])],
)
def test_a_block_starts_at_a_multiple_of_its_size(masks: list[int], expected: list[str]) -> None:
    """Official: nextNetmask, which never goes back into the block before."""
    specs = [{"type": "Public", "cidrMask": masks[0]}, {"type": "Private", "cidrMask": masks[1]}]

    assert _laid_out("10.0.0.0/16", 1, specs) == expected


def test_explicit_blocks_are_taken_as_they_are() -> None:
    """Official: should produce specified subnets."""
    specs = [
        {"type": "Public", "cidrBlocks": ["10.0.0.0/18", "10.0.64.0/19"]},
        {"type": "Private", "cidrBlocks": ["10.0.96.0/19", "10.0.128.0/20"]},
    ]
    made = planned(cidrBlock="10.0.0.0/16", subnetSpecs=specs)

    assert _blocks(made) == {
        f"{NAME}-public-1": "10.0.0.0/18",
        f"{NAME}-private-1": "10.0.96.0/19",
        f"{NAME}-public-2": "10.0.64.0/19",
        f"{NAME}-private-2": "10.0.128.0/20",
    }
    assert made.outputs["subnetLayout"] == specs


def test_unused_addresses_stay_free() -> None:
    specs = [{"type": "Unused", "cidrMask": 18}, {"type": "Public", "cidrMask": 18}]

    assert _laid_out("10.0.0.0/16", 1, specs) == ["10.0.64.0/18"]


def test_numbers_arrive_as_the_protocols_doubles() -> None:
    specs = [{"type": "Public", "cidrMask": 24.0}, {"type": "Private", "cidrMask": 22.0}]

    assert planned(subnetSpecs=specs, numberOfAvailabilityZones=2.0) == planned()


@given(
    vpc_mask=st.integers(16, 24),
    zones=st.integers(1, 3),
    masks=st.lists(st.one_of(st.none(), st.integers(17, 28)), min_size=1, max_size=4),
)
def test_subnets_lie_in_their_vpc_apart_from_each_other_or_are_refused(
    vpc_mask: int, zones: int, masks: list[int | None]
) -> None:
    cidr = f"10.0.0.0/{vpc_mask}"
    specs = [
        {"type": "Private", "name": f"s{index}", "cidrMask": mask}
        for index, mask in enumerate(masks)
    ]
    try:
        found = [IPv4Network(block) for block in _laid_out(cidr, zones, specs)]
    except ArgumentError as error:
        assert error.path == "cidrBlock"
        return
    assert len(found) == zones * len(masks)
    assert all(block.subnet_of(IPv4Network(cidr)) for block in found)
    assert not any(one.overlaps(other) for one, other in combinations(found, 2))


@given(
    zones=st.integers(1, 3),
    specs=st.lists(
        st.fixed_dictionaries({"type": st.sampled_from(["Public", "Private", "Isolated"])}),
        max_size=4,
    ),
    strategy=st.sampled_from(["None", "Single", "OnePerAz"]),
)
def test_children_come_after_what_they_refer_to_and_have_names_of_their_own(
    zones: int, specs: list[dict[str, Any]], strategy: str
) -> None:
    named = [{**spec, "name": f"s{index}"} for index, spec in enumerate(specs)]
    made = planned(
        numberOfAvailabilityZones=zones,
        subnetSpecs=[*named, *PAIR],
        natGateways={"strategy": strategy},
    )
    seen: set[Key] = set()
    for child in made.children:
        referred: list[Ref | Key] = []
        awsx.resolve(child.inputs, referred.append)
        needed = {item.child for item in referred if isinstance(item, Ref)}
        assert needed | set(child.depends_on) <= seen
        assert child.key not in seen
        seen.add(child.key)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"subnetStrategy": "Legacy"}, "subnetStrategy = 'Legacy'"),
        ({"subnetStrategy": None}, "subnetStrategy = 'Legacy'"),
        ({"subnetStrategy": "Exact"}, "subnetStrategy = 'Exact'"),
        ({"subnetStrategy": "AutoMerge"}, "subnetStrategy = 'AutoMerge'"),
        ({"subnetNameTagStrategy": "AvailabilityZone"}, "subnetNameTagStrategy = "),
        ({"ipv4IpamPoolId": "pool"}, "ipv4IpamPoolId = 'pool'"),
        ({"assignGeneratedIpv6CidrBlock": True}, "assignGeneratedIpv6CidrBlock = True"),
        ({"vpcEndpointSpecs": [{"serviceName": "s3"}]}, "vpcEndpointSpecs = "),
        ({"region": "eu-west-1"}, "region = 'eu-west-1'"),
        ({"natGateways": {"elasticIpAllocationIds": ["e"]}}, "natGateways.elasticIpAllocationIds"),
        ({"natGateways": {"strategy": "Two"}}, "natGateways.strategy = 'Two'"),
        ({"subnetSpecs": [{"type": "Public"}]}, "natGateways.strategy = 'Single'"),
        ({"subnetSpecs": [{"type": "Private"}]}, "natGateways.strategy = 'Single'"),
        ({"subnetSpecs": []}, "subnetSpecs = []"),
        ({"subnetSpecs": [{"type": "Secret"}]}, "subnetSpecs[0].type = 'Secret'"),
        ({"subnetSpecs": [*PAIR, {"type": "Public"}]}, "called 'public'"),
        ({"subnetSpecs": [{"type": "Public", "size": 256}]}, "subnetSpecs[0].size = 256"),
        ({"subnetSpecs": [{"type": "Public", "cidrMask": 29}]}, "subnetSpecs[0].cidrMask = 29"),
        ({"subnetSpecs": [{"type": "Public", "cidrMask": 24.5}]}, "it is no whole number"),
        ({"numberOfAvailabilityZones": 4}, "numberOfAvailabilityZones = 4"),
        ({"availabilityZoneNames": ["us-east-1a"]}, "only one of it and numberOf"),
        ({"availabilityZoneCidrMask": 15}, "availabilityZoneCidrMask = 15"),
        ({"cidrBlock": "10.0.0.0"}, "AWS has VPCs of /16 to /28"),
        ({"cidrBlock": "10.0.0.0/27", "subnetSpecs": PAIR}, "a subnet is a /29"),
        ({"cidrBlock": "10.0.0.0/26", "subnetSpecs": None}, "needs a /26"),
        ({"cidrBlock": "10.0.0.1/16"}, "it is no IPv4 block"),
        ({"cidrBlock": "10.0.0.0/21"}, "a zone has 1024 addresses and its subnets ask for 1280"),
        ({"tags": "project"}, "tags = 'project'"),
    ],
)
def test_what_the_component_does_not_cover_is_refused(given: dict[str, Any], told: str) -> None:
    with pytest.raises(ArgumentError) as refused:
        plan(NAME, arguments(**given), ZONES)

    assert told in str(refused.value)
    assert str(refused.value).count("; ") == 1


@pytest.mark.parametrize(
    ("blocks", "told"),
    [
        (["10.40.0.0/24"], "each of the 2 zones"),
        (["10.40.0.0/24", "10.40.0.0/24"], "overlap"),
        (["10.40.0.0/24", "10.41.0.0/24"], "outside of it"),
        (["10.40.0.0/24", "10.40.1.0/25"], "cidrMask says /24"),
    ],
)
def test_explicit_blocks_must_fit(blocks: list[str], told: str) -> None:
    specs = [{"type": "Public", "cidrBlocks": blocks, "cidrMask": 24}]

    with pytest.raises(ArgumentError, match=told):
        planned(subnetSpecs=specs, natGateways={"strategy": "None"})
