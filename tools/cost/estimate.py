"""What a stack costs: lines of what is charged, from the resources that its program registers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tools.cost.graph import Graph, Line, Resource, owner
from tools.cost.prices import Price, PriceError, Table
from tools.cost.rules import RULES

_NOT_AWS = ("pulumi:", "storefront:")


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """One stack in one region."""

    stack: str
    region: str
    fixed: Sequence[Line]
    """a month in which nobody buys anything"""

    @property
    def fixed_usd(self) -> float:
        """US dollars a month."""
        return sum(line.usd for line in self.fixed)

    @property
    def prices(self) -> list[Price]:
        """The prices it stands on, each once."""
        found = {line.price.name: line.price for line in self.fixed}
        return [found[name] for name in sorted(found)]


def estimate(stack: str, region: str, resources: Sequence[Resource], table: Table) -> Estimate:
    """Price a stack's resources; raises PriceError naming every type that has no price."""
    charged = [found for found in resources if not found.type.startswith(_NOT_AWS)]
    _require_known(charged, table)
    graph = Graph(charged)
    fixed = [line for found in charged for line in fixed_lines(found, graph, region, table)]
    return Estimate(stack=stack, region=region, fixed=fixed)


def fixed_lines(resource: Resource, graph: Graph, region: str, table: Table) -> list[Line]:
    """What one resource costs a month by being there."""
    rule = RULES.get(resource.type)
    return [
        Line(
            resource=resource.name,
            urn=resource.urn,
            type=resource.type,
            owner=owner(resource),
            price=table.price(name, region),
            quantity=quantity,
        )
        for name, quantity in (rule(resource, graph, table) if rule else ())
    ]


def by_resource(lines: Sequence[Line]) -> dict[str, float]:
    """US dollars by URN; a resource that costs nothing is not in it."""
    found: dict[str, float] = {}
    for line in lines:
        found[line.urn] = found.get(line.urn, 0.0) + line.usd
    return found


def _require_known(resources: Sequence[Resource], table: Table) -> None:
    unknown: Mapping[str, str] = {
        found.type: found.name
        for found in resources
        if found.type not in RULES
        and found.type not in table.free
        and found.type not in table.by_use
    }
    if unknown:
        raise PriceError(
            "\n".join(
                f"{type} ({name}) has no price: give it a rule in tools/cost/rules.py and prices "
                "with source and date in tools/cost/prices.toml, or say in tools/cost/types.toml "
                "why it is free or by which use it is charged"
                for type, name in sorted(unknown.items())
            )
        )
