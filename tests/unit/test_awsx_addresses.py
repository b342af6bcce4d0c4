"""Subnets get the addresses that the official component gives, or are refused."""

from __future__ import annotations

from ipaddress import IPv4Network
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.awsx import plan as awsx
from local.awsx.addresses import ipv6_subnet
from local.awsx.errors import ArgumentError
from local.awsx.plan import Key, Plan, Ref, Reference, plan
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
        referred: list[Reference] = []
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
        ({"ipv6CidrBlock": "2001:db8::/56"}, "ipv6CidrBlock = "),
        (
            {"subnetSpecs": [*PAIR, {"type": "Isolated", "assignIpv6AddressOnCreation": True}]},
            "subnetSpecs.assignIpv6AddressOnCreation = True",
        ),
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


@pytest.mark.parametrize(
    ("index", "subnet"), [(0, "2001:db8:a:bc00::/64"), (255, "2001:db8:a:bcff::/64")]
)
def test_a_56_has_a_64_for_each_index(index: int, subnet: str) -> None:
    assert ipv6_subnet("2001:db8:a:bc00::/56", index) == subnet


def test_another_ipv6_block_than_a_56_is_refused() -> None:
    with pytest.raises(ArgumentError, match="AWS gives a VPC a /56"):
        ipv6_subnet("2001:db8:a::/48", 0)
