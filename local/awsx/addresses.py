"""Which addresses each subnet gets: the arithmetic of awsx's strategy `Auto`.

Ported from awsx/ec2/subnetDistributorNew.ts, and for IPv6 from vpc.ts, of pulumi/pulumi-awsx 3.8
(Apache-2.0); the order of zones and specs decides every block, so an address never moves between
the two implementations.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import AddressValueError, IPv4Network, IPv6Network, NetmaskValueError
from itertools import combinations
from typing import Final

from local.awsx.arguments import PRIVATE, PUBLIC, Arguments, Spec
from local.awsx.errors import ArgumentError

_BITS: Final = 32
_SMALLEST_ZONE: Final = 26
_LARGEST: Final = 16
_SMALLEST: Final = 28
_IPV6_VPC: Final = 56
_IPV6_SUBNET: Final = 64


def layout(args: Arguments) -> tuple[Spec, ...]:
    """The specs in the order in which they get addresses: the given ones, or the default."""
    if args.specs is not None:
        return args.specs
    mask = _zone_mask(args)
    if mask > _SMALLEST_ZONE:
        rule = f"each zone has a /{mask} only, and the default layout needs a /{_SMALLEST_ZONE}"
        raise ArgumentError("cidrBlock", args.cidr_block, rule, "enlarge it, or give subnetSpecs")
    largest = max(mask, _LARGEST)
    return tuple(
        Spec(type=kind, name=None, mask=largest + index, blocks=None, ipv6=None, tags={})
        for index, kind in enumerate((PRIVATE, PUBLIC), start=1)
    )


def blocks(args: Arguments) -> list[list[IPv4Network]]:
    """The block of each spec of `layout`, for each zone; raises `ArgumentError`."""
    specs = layout(args)
    if any(spec.blocks for spec in specs):
        found = [
            [_network(spec.blocks[zone], "subnetSpecs") for spec in specs if spec.blocks]
            for zone in range(len(args.zones))
        ]
    else:
        found = _allocated(args, specs)
    _check(args, [block for zone in found for block in zone])
    return found


def ipv6_subnet(block: str, index: int) -> str:
    """The /64 with this index in a VPC's /56."""
    vpc = IPv6Network(block)
    if vpc.prefixlen != _IPV6_VPC:
        raise ArgumentError("ipv6CidrBlock", block, "AWS gives a VPC a /56", "use that one")
    start = int(vpc.network_address) + (index << (128 - _IPV6_SUBNET))
    return str(IPv6Network((start, _IPV6_SUBNET)))


def _allocated(args: Arguments, specs: Sequence[Spec]) -> list[list[IPv4Network]]:
    vpc, zone_mask = _vpc(args), _zone_mask(args)
    even = zone_mask + _bits(len(specs))
    masks = [even if spec.mask is None else spec.mask for spec in specs]
    if max(masks) > _SMALLEST:
        rule = f"an even share of it for a subnet is a /{even}, and AWS has none below a /28"
        raise ArgumentError("cidrBlock", args.cidr_block, rule, "enlarge it, or use fewer subnets")
    available, wanted = _size(zone_mask), sum(map(_size, masks))
    if wanted > available:
        rule = f"a zone has {available} addresses and its subnets ask for {wanted}"
        raise ArgumentError("cidrBlock", args.cidr_block, rule, "enlarge it, or shrink the subnets")
    start, found = int(vpc.network_address), []
    for zone in range(len(args.zones)):
        at, subnets = start + zone * available, []
        for mask in masks:
            at = -(-at // _size(mask)) * _size(mask)
            if at + _size(mask) > 1 << _BITS:
                raise _beyond(args, f"/{mask}")
            subnets.append(IPv4Network((at, mask)))
            at += _size(mask)
        found.append(subnets)
    return found


def _check(args: Arguments, found: Sequence[IPv4Network]) -> None:
    vpc = _vpc(args)
    for block in found:
        if not block.subnet_of(vpc):
            raise _beyond(args, str(block))
    for one, other in combinations(found, 2):
        if one.overlaps(other):
            rule = f"subnets {one} and {other} overlap"
            remedy = "enlarge cidrBlock, list the large subnets first, or use fewer zones"
            raise ArgumentError("cidrBlock", args.cidr_block, rule, remedy)


def _beyond(args: Arguments, subnet: str) -> ArgumentError:
    rule = f"subnet {subnet} is outside of it"
    return ArgumentError("cidrBlock", args.cidr_block, rule, "enlarge it, or shrink the subnets")


def _zone_mask(args: Arguments) -> int:
    vpc = _vpc(args).prefixlen
    if args.zone_mask is None:
        return vpc + _bits(len(args.zones))
    if not vpc <= args.zone_mask <= _SMALLEST:
        rule = f"a zone's share of a /{vpc} is a /{vpc} to a /{_SMALLEST}"
        raise ArgumentError("availabilityZoneCidrMask", args.zone_mask, rule, "choose one of these")
    return args.zone_mask


def _vpc(args: Arguments) -> IPv4Network:
    block = _network(args.cidr_block, "cidrBlock")
    if not _LARGEST <= block.prefixlen <= _SMALLEST:
        rule = f"AWS has VPCs of /{_LARGEST} to /{_SMALLEST}"
        raise ArgumentError("cidrBlock", args.cidr_block, rule, "choose one of these")
    return block


def _network(block: str, path: str) -> IPv4Network:
    try:
        return IPv4Network(block)
    except (AddressValueError, NetmaskValueError, ValueError) as error:
        rule = f"it is no IPv4 block ({error})"
        raise ArgumentError(path, block, rule, "write it like 10.0.0.0/16") from None


def _size(mask: int) -> int:
    return 1 << (_BITS - mask)


def _bits(count: int) -> int:
    """How many bits tell `count` things apart."""
    return (count - 1).bit_length()
