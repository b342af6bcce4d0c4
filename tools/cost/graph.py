"""A stack's resources as the rules of prices read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tools.cost.prices import Price, PriceError
from tools.cost.units import COMMAND, Units

HOURS = 730.0
"""Hours of a month, as AWS counts them in its own examples."""
SECONDS = HOURS * 3600


class Resource(Protocol):
    """What is read of a registration."""

    @property
    def type(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def urn(self) -> str: ...
    @property
    def inputs(self) -> dict[str, Any]: ...
    @property
    def outputs(self) -> dict[str, Any]: ...


@dataclass(frozen=True, kw_only=True)
class Line:
    """So many units of something that is charged, and whose they are."""

    resource: str
    """the logical name"""
    urn: str
    type: str
    owner: str
    """the shop's service"""
    price: Price
    quantity: float
    """units a month, or a million orders"""

    @property
    def usd(self) -> float:
        """What they cost."""
        return self.quantity * self.price.usd


class Graph:
    """The resources of one stack, to look up what others refer to, and what an order uses."""

    def __init__(self, resources: Sequence[Resource], units: Units) -> None:
        self.resources = resources
        self.units = units

    def of_type(self, token: str) -> list[Resource]:
        """The resources of one type."""
        return [found for found in self.resources if found.type == token]

    def referred(self, token: str, output: str, value: object) -> Resource:
        """The resource of a type whose output has this value; raises PriceError."""
        for found in self.of_type(token):
            if found.outputs.get(output) == value:
                return found
        raise PriceError(f"no {token} has {output} {value!r}: it cannot be priced without it")


def named(graph: Graph, token: str, name: str) -> Resource:
    """The resource of a type with this logical name; raises PriceError when there is none."""
    for found in graph.of_type(token):
        if found.name == name:
            return found
    raise PriceError(
        f"an order uses {name}, and the stack has no such {token}: count again with {COMMAND}"
    )


def owner(resource: Resource) -> str:
    """The shop's service that a resource is tagged with; the platform's when it has no tag."""
    return str(resource.inputs.get("tags", {}).get("service", "platform"))
