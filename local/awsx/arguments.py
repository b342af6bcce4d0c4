"""Reads the arguments of `awsx.ec2.Vpc` and refuses what the component here does not cover."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from local.awsx.errors import ArgumentError

PUBLIC: Final = "Public"
PRIVATE: Final = "Private"
ISOLATED: Final = "Isolated"
UNUSED: Final = "Unused"
NO_NAT: Final = "None"
SINGLE_NAT: Final = "Single"
NAT_PER_ZONE: Final = "OnePerAz"

_TYPES: Final = (PUBLIC, PRIVATE, ISOLATED, UNUSED)
_STRATEGIES: Final = (NO_NAT, SINGLE_NAT, NAT_PER_ZONE)
_DEFAULT_CIDR: Final = "10.0.0.0/16"
_DEFAULT_ZONES: Final = 3
_LARGEST: Final = 16
_SMALLEST: Final = 28
_OF_THE_VPC: Final = frozenset(
    {"assignGeneratedIpv6CidrBlock", "enableDnsHostnames", "enableDnsSupport"}
    | {"enableNetworkAddressUsageMetrics", "instanceTenancy"}
)
_COVERED: Final = _OF_THE_VPC | {
    *("availabilityZoneCidrMask", "availabilityZoneNames", "cidrBlock", "natGateways"),
    *("numberOfAvailabilityZones", "subnetNameTagStrategy", "subnetSpecs", "subnetStrategy"),
    "tags",
}
_OF_A_SPEC: Final = frozenset(
    {"assignIpv6AddressOnCreation", "cidrBlocks", "cidrMask", "name", "tags", "type"}
)
_USE_ANOTHER: Final = "leave it out, or teach it to local/awsx/"


@dataclass(frozen=True, kw_only=True)
class Spec:
    """The subnets of one kind: one in each zone."""

    type: str
    """`Public`, `Private`, `Isolated`, or `Unused` for addresses to leave free"""
    name: str | None
    mask: int | None
    """prefix length; None: an even share of the zone"""
    blocks: tuple[str, ...] | None
    """the block in each zone, where the program gives them"""
    ipv6: bool | None
    """whether what runs in it gets an IPv6 address; None: as the VPC says"""
    tags: Mapping[str, Any]

    @property
    def label(self) -> str:
        """What the names of its subnets say."""
        return self.name or self.type.lower()


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """What the program asks for; a tag's value may be anything the driver can resolve."""

    cidr_block: str
    zones: tuple[str, ...]
    zone_mask: int | None
    """prefix length of each zone's share of the block; None: even shares"""
    nat_strategy: str
    specs: tuple[Spec, ...] | None
    """None: the component's own layout"""
    tags: Mapping[str, Any]
    vpc: Mapping[str, Any]
    """what goes to the VPC as it is"""


def read(given: Mapping[str, Any], zones: Sequence[str]) -> Arguments:
    """Read camelCase arguments for a region with these `zones`; raises `ArgumentError`."""
    args = {key: value for key, value in given.items() if value is not None}
    for key in sorted(args.keys() - _COVERED):
        raise ArgumentError(key, args[key], "the component here does not cover it", _USE_ANOTHER)
    _only(args, "subnetStrategy", "Auto", default="Legacy")
    _only(args, "subnetNameTagStrategy", "Legacy", default="Legacy")
    chosen = _zones(args, zones)
    return Arguments(
        cidr_block=args.get("cidrBlock", _DEFAULT_CIDR),
        zones=chosen,
        zone_mask=_optional_whole(args.get("availabilityZoneCidrMask"), "availabilityZoneCidrMask"),
        nat_strategy=_nat_strategy(args.get("natGateways") or {}),
        specs=_specs(args["subnetSpecs"], len(chosen)) if "subnetSpecs" in args else None,
        tags=_tags(args, "tags"),
        vpc={key: args[key] for key in sorted(_OF_THE_VPC & args.keys())},
    )


def _only(args: Mapping[str, Any], key: str, value: str, *, default: str) -> None:
    given = args.get(key, default)
    if given != value:
        raise ArgumentError(key, given, f"the component here covers {value!r} only", f"say {value}")


def _zones(args: Mapping[str, Any], zones: Sequence[str]) -> tuple[str, ...]:
    names, number = args.get("availabilityZoneNames"), args.get("numberOfAvailabilityZones")
    if names and number:
        rule = "only one of it and numberOfAvailabilityZones may be given"
        raise ArgumentError("availabilityZoneNames", names, rule, "drop one of the two")
    if names:
        return tuple(names)
    count = _whole(_DEFAULT_ZONES if number is None else number, "numberOfAvailabilityZones")
    if not 1 <= count <= len(zones):
        rule = f"the region's zones are {', '.join(zones)}"
        remedy = f"ask for 1 to {len(zones)}, or choose another region"
        raise ArgumentError("numberOfAvailabilityZones", count, rule, remedy)
    return tuple(zones[:count])


def _nat_strategy(nat: Mapping[str, Any]) -> str:
    given = {key: value for key, value in nat.items() if value is not None}
    for key in sorted(given.keys() - {"strategy"}):
        rule = "the component here allocates the gateways' addresses itself"
        raise ArgumentError(f"natGateways.{key}", given[key], rule, _USE_ANOTHER)
    strategy = str(given.get("strategy", NAT_PER_ZONE))
    if strategy not in _STRATEGIES:
        known = ", ".join(_STRATEGIES)
        raise ArgumentError("natGateways.strategy", strategy, "unknown", f"say one of {known}")
    return strategy


def _specs(given: Sequence[Mapping[str, Any]], zones: int) -> tuple[Spec, ...]:
    if not given:
        raise ArgumentError("subnetSpecs", [], "at least one is needed", "list one, or drop it")
    specs = tuple(_spec(spec, f"subnetSpecs[{index}]") for index, spec in enumerate(given))
    for label, count in Counter(spec.label for spec in specs).items():
        if count > 1:
            rule = f"{count} of them are called {label!r}, and names must be unique"
            raise ArgumentError("subnetSpecs", label, rule, "give each a `name` of its own")
    if any(spec.blocks for spec in specs):
        for index, spec in enumerate(specs):
            _check_blocks(spec, f"subnetSpecs[{index}].cidrBlocks", zones)
    return specs


def _spec(given: Mapping[str, Any], path: str) -> Spec:
    spec = {key: value for key, value in given.items() if value is not None}
    for key in sorted(spec.keys() - _OF_A_SPEC):
        rule = "the component here does not cover it"
        raise ArgumentError(f"{path}.{key}", spec[key], rule, _USE_ANOTHER)
    kind = str(spec.get("type"))
    if kind not in _TYPES:
        raise ArgumentError(f"{path}.type", kind, "unknown", f"say one of {', '.join(_TYPES)}")
    mask = _optional_whole(spec.get("cidrMask"), f"{path}.cidrMask")
    if mask is not None and not _LARGEST <= mask <= _SMALLEST:
        rule = f"AWS has subnets of /{_LARGEST} to /{_SMALLEST}"
        raise ArgumentError(f"{path}.cidrMask", mask, rule, "choose one of these")
    blocks = spec.get("cidrBlocks")
    return Spec(
        type=kind,
        name=spec.get("name"),
        mask=mask,
        blocks=None if blocks is None else tuple(blocks),
        ipv6=spec.get("assignIpv6AddressOnCreation"),
        tags=_tags(spec, "tags", path + "."),
    )


def _check_blocks(spec: Spec, path: str, zones: int) -> None:
    blocks = spec.blocks or ()
    if len(blocks) != zones:
        rule = f"where one spec has blocks, each has one block for each of the {zones} zones"
        raise ArgumentError(path, list(blocks), rule, f"list {zones} blocks")
    if spec.mask is not None and any(not block.endswith(f"/{spec.mask}") for block in blocks):
        rule = f"cidrMask says /{spec.mask}"
        raise ArgumentError(path, list(blocks), rule, "make them agree, or drop cidrMask")


def _tags(args: Mapping[str, Any], key: str, prefix: str = "") -> Mapping[str, Any]:
    tags = args.get(key, {})
    if not isinstance(tags, Mapping):
        rule = "which tags there are must be known before anything is created"
        raise ArgumentError(f"{prefix}{key}", tags, rule, "give a map, whose values may be outputs")
    return tags


def _optional_whole(value: Any, path: str) -> int | None:
    return None if value is None else _whole(value, path)


def _whole(value: Any, path: str) -> int:
    """`value` as int; the engine's protocol knows doubles only."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise ArgumentError(path, value, "it is no whole number", "give one")
    return int(value)
