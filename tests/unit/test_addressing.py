"""The address plan: exact blocks, disjoint, inside the VPC, and unmoved when it grows."""

from __future__ import annotations

from ipaddress import IPv4Network
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.addressing import NARROWEST, WIDEST, ZONES_MAX, AddressPlan, plan, usable
from tests.support.properties import repeatable

ZONES = st.integers(1, ZONES_MAX)


@st.composite
def blocks(draw: st.DrawFn) -> IPv4Network:
    """Any VPC block that is taken."""
    prefix = draw(st.integers(WIDEST, NARROWEST))
    return IPv4Network((draw(st.integers(0, 2**prefix - 1)) << (32 - prefix), prefix))


def networks(planned: AddressPlan) -> list[IPv4Network]:
    return [IPv4Network(block) for block in (*planned.public, *planned.private)]


def test_a_wide_vpc_has_these_blocks() -> None:
    assert plan("10.10.0.0/16", 3) == AddressPlan(
        public=("10.10.0.0/24", "10.10.64.0/24", "10.10.128.0/24"),
        private=("10.10.4.0/22", "10.10.68.0/22", "10.10.132.0/22"),
    )


def test_a_narrow_vpc_has_these_blocks() -> None:
    assert plan("10.10.4.0/22", 2) == AddressPlan(
        public=("10.10.4.0/26", "10.10.5.0/26"),
        private=("10.10.4.128/25", "10.10.5.128/25"),
    )


@pytest.mark.parametrize(
    ("block", "addresses"), [("10.0.0.0/22", 1019), ("10.0.0.0/25", 123), ("10.0.0.0/28", 11)]
)
def test_aws_keeps_five_addresses_of_a_subnet(block: str, addresses: int) -> None:
    assert usable(block) == addresses


@pytest.mark.parametrize(
    ("block", "zones", "tasks"),
    [("10.0.0.0/16", 3, 1974), ("10.0.0.0/16", 2, 987), ("10.0.0.0/22", 2, 91)],
)
def test_tasks_fit_while_a_zone_is_lost(block: str, zones: int, tasks: int) -> None:
    assert plan(block, zones).tasks_max == tasks


@repeatable
@given(blocks(), ZONES)
def test_subnets_are_inside_the_vpc_and_apart(block: IPv4Network, zones: int) -> None:
    found = networks(plan(str(block), zones))

    assert len(found) == 2 * zones
    assert all(subnet.subnet_of(block) for subnet in found)
    assert not any(one.overlaps(other) for one, other in combinations(found, 2))


@repeatable
@given(blocks(), ZONES, ZONES)
def test_a_zone_keeps_its_blocks_when_others_come_and_go(
    block: IPv4Network, one: int, other: int
) -> None:
    fewer, more = (plan(str(block), zones) for zones in sorted((one, other)))

    assert more.public[: len(fewer.public)] == fewer.public
    assert more.private[: len(fewer.private)] == fewer.private


@repeatable
@given(blocks(), ZONES)
def test_a_quarter_of_the_vpc_is_left_free(block: IPv4Network, zones: int) -> None:
    spare = list(block.subnets(prefixlen_diff=2))[-1]

    assert not any(subnet.overlaps(spare) for subnet in networks(plan(str(block), zones)))


@repeatable
@given(blocks(), ZONES)
def test_every_subnet_is_one_that_aws_and_load_balancers_take(
    block: IPv4Network, zones: int
) -> None:
    planned = plan(str(block), zones)

    assert all(subnet.prefixlen <= 28 for subnet in networks(planned))
    assert all(IPv4Network(subnet).prefixlen <= 27 for subnet in planned.private)


@pytest.mark.parametrize("block", ["10.0.0.0/15", "10.0.0.0/23", "10.0.0.1/16", "ten"])
def test_another_block_is_refused(block: str) -> None:
    with pytest.raises(ValueError, match=block):
        plan(block, 2)


@pytest.mark.parametrize("zones", [0, 4])
def test_another_number_of_zones_is_refused(zones: int) -> None:
    with pytest.raises(ValueError, match=f"{zones} zones: must be from 1 to 3"):
        plan("10.0.0.0/16", zones)
