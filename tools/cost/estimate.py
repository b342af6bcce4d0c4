"""What a stack costs: lines of what is charged, from the resources that its program registers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tools.cost.graph import Graph, Line, Resource, owner
from tools.cost.prices import Price, PriceError, Table
from tools.cost.rules import RULES
from tools.cost.units import Units
from tools.cost.variable import uses

_NOT_AWS = ("pulumi:", "storefront:")


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """One stack in one region."""

    stack: str
    region: str
    fixed: Sequence[Line]
    """a month in which nobody buys anything"""
    variable: Sequence[Line]
    """a million orders"""

    @property
    def fixed_usd(self) -> float:
        """US dollars a month."""
        return sum(line.usd for line in self.fixed)

    @property
    def variable_usd(self) -> float:
        """US dollars for a million orders."""
        return sum(line.usd for line in self.variable)

    @property
    def prices(self) -> list[Price]:
        """The prices it stands on, each once."""
        found = {line.price.name: line.price for line in (*self.fixed, *self.variable)}
        return [found[name] for name in sorted(found)]


def estimate(
    stack: str, region: str, resources: Sequence[Resource], table: Table, units: Units
) -> Estimate:
    """Price a stack's resources; raises PriceError naming every type that has no price."""
    charged = [found for found in resources if not found.type.startswith(_NOT_AWS)]
    _require_known(charged, table)
    graph = Graph(charged, units)
    metrics = _line(None, table.price("custom-metric", region), units.custom_metrics)
    fixed = [line for found in charged for line in fixed_lines(found, graph, region, table)]
    variable = [
        _line(found, table.price(name, region), quantity)
        for found, name, quantity in uses(graph, table)
    ]
    return Estimate(stack=stack, region=region, fixed=[*fixed, metrics], variable=variable)


def fixed_lines(resource: Resource, graph: Graph, region: str, table: Table) -> list[Line]:
    """What one resource costs a month by being there."""
    rule = RULES.get(resource.type)
    return [
        _line(resource, table.price(name, region), quantity)
        for name, quantity in (rule(resource, graph, table) if rule else ())
    ]


def _line(resource: Resource | None, price: Price, quantity: float) -> Line:
    return Line(
        resource=resource.name if resource else "",
        urn=resource.urn if resource else "",
        type=resource.type if resource else "",
        owner=owner(resource) if resource else "platform",
        price=price,
        quantity=quantity,
    )


def by_resource(lines: Sequence[Line]) -> dict[str, float]:
    """US dollars by URN; under an empty one what no resource is charged for by itself."""
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
