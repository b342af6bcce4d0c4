"""Which addresses each subnet of a VPC gets: pure, and the only place that decides it.

The block is cut into four equal shares. Each availability zone owns one, whether it is in use or
not, so a zone that is added later moves no other; the fourth stays free. A share begins with its
public subnet, then, at the next multiple of its size, the private one. The rest is left to grow.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network

WIDEST, NARROWEST = 16, 22
"""Prefix lengths of a VPC: AWS has none wider; in one narrower a zone is too small for a balancer
that grows, the endpoints and a deployment side by side."""
ZONES_MAX = 3
_SHARE_BITS = 2
_PUBLIC, _PRIVATE = 24, 22
_KEPT_BY_AWS = 5
"""Of every subnet: its network and broadcast address, the router, DNS, and one for later."""
RESERVED_PER_ZONE = 32
"""Private addresses of a zone that are not tasks': a load balancer may take eight, interface
endpoints and functions' interfaces one each, the VPC link and the database a few."""


@dataclass(frozen=True, kw_only=True)
class AddressPlan:
    """The blocks of each tier, one for each zone in their order."""

    public: tuple[str, ...]
    """for NAT gateways"""
    private: tuple[str, ...]
    """for everything that runs"""

    @property
    def tasks_max(self) -> int:
        """How many tasks have an address each while one zone is lost."""
        free = usable(self.private[0]) - RESERVED_PER_ZONE
        return free * (len(self.private) - 1)


def plan(cidr_block: str, zones_count: int) -> AddressPlan:
    """The subnets of a /16 to /22 in one to three zones; raises ValueError for anything else."""
    block = IPv4Network(cidr_block)
    if not WIDEST <= block.prefixlen <= NARROWEST:
        raise ValueError(f"{cidr_block}: must be a /{WIDEST} to a /{NARROWEST}; choose another")
    if not 1 <= zones_count <= ZONES_MAX:
        raise ValueError(f"{zones_count} zones: must be from 1 to {ZONES_MAX}; choose another")
    shares = list(block.subnets(prefixlen_diff=_SHARE_BITS))[:zones_count]
    return AddressPlan(
        public=tuple(str(_public(share)) for share in shares),
        private=tuple(str(_private(share)) for share in shares),
    )


def usable(cidr_block: str) -> int:
    """How many addresses of a subnet are free to take."""
    return IPv4Network(cidr_block).num_addresses - _KEPT_BY_AWS


def _public(share: IPv4Network) -> IPv4Network:
    return next(share.subnets(new_prefix=max(_PUBLIC, share.prefixlen + 2)))


def _private(share: IPv4Network) -> IPv4Network:
    subnets = share.subnets(new_prefix=max(_PRIVATE, share.prefixlen + 1))
    next(subnets)
    return next(subnets)
