"""What our program asks of `awsx.ec2.Vpc`, as it arrives at the component."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.awsx.plan import Plan, plan

NAME = "network-vpc"
ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")


def arguments(**more: Any) -> dict[str, Any]:
    """Two zones with the two tiers of components/blocks/network.py, given by their sizes."""
    given = {
        "cidrBlock": "10.40.0.0/16",
        "numberOfAvailabilityZones": 2,
        "natGateways": {"strategy": "Single"},
        "subnetStrategy": "Auto",
        "subnetSpecs": [{"type": "Public", "cidrMask": 24}, {"type": "Private", "cidrMask": 22}],
        "enableDnsHostnames": True,
        "enableDnsSupport": True,
        "tags": {"project": "storefront"},
    }
    return {**given, **more}


def planned(**more: Any) -> Plan:
    """The plan of these arguments."""
    return plan(NAME, arguments(**more), ZONES)


def inputs_of(plan: Plan, type: str) -> dict[str, Mapping[str, Any]]:
    """The inputs of each child of one type, by logical name."""
    return {child.key.name: child.inputs for child in plan.children if child.key.type == type}
