"""What stacks cost as a table and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from tools.cost.estimate import Estimate
from tools.cost.graph import Line
from tools.cost.prices import LIST_REGION

_COLUMNS = ("stack", "service", "fixed $/month", "$/million orders")


def by(key: Callable[[Line], str], lines: Sequence[Line]) -> dict[str, float]:
    """US dollars by what `key` says of a line, dearest first."""
    found: dict[str, float] = {}
    for line in lines:
        found[key(line)] = found.get(key(line), 0.0) + line.usd
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def as_table(estimates: Sequence[Estimate]) -> str:
    """A line for each AWS service, then the sums and what the prices are worth."""
    lines = [list(_COLUMNS), *(row for each in estimates for row in _rows(each))]
    widths = [max(len(line[index]) for line in lines) for index in range(len(_COLUMNS))]
    table = [
        "  ".join(
            cell.ljust(width) if index < 2 else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    ]
    return "\n".join([*table, "", *(sentence for each in estimates for sentence in _about(each))])


def as_json(estimates: Sequence[Estimate]) -> str:
    """Sums by AWS service and by the shop's service, every line, every price with its source."""
    return json.dumps({each.stack: _told(each) for each in estimates}, indent=2, default=str)


FORMATS: dict[str, Callable[[Sequence[Estimate]], str]] = {"table": as_table, "json": as_json}


def _rows(found: Estimate) -> list[list[str]]:
    fixed = by(lambda line: line.price.service, found.fixed)
    variable = by(lambda line: line.price.service, found.variable)
    rows = [
        [found.stack, service, f"{fixed.get(service, 0):.2f}", f"{variable.get(service, 0):.2f}"]
        for service in dict.fromkeys((*fixed, *variable))
    ]
    sums = [f"{found.fixed_usd:.2f}", f"{found.variable_usd:.2f}"]
    return [*rows, [found.stack, "all services", *sums]]


def _about(found: Estimate) -> list[str]:
    away = [price for price in found.prices if price.region == LIST_REGION != found.region]
    unverified = [price.name for price in found.prices if not price.verified]
    told = [
        f"{found.stack}: {len(away)} of {len(found.prices)} prices are list prices of "
        f"{LIST_REGION}; the stack is in {found.region}, where AWS asks more for some"
    ]
    if unverified:
        told.append(f"{found.stack}: from memory, not verified: {', '.join(unverified)}")
    return told


def _told(found: Estimate) -> dict[str, Any]:
    return {
        "region": found.region,
        "fixed_usd_per_month": round(found.fixed_usd, 2),
        "usd_per_million_orders": round(found.variable_usd, 2),
        "fixed_by_service": by(lambda line: line.price.service, found.fixed),
        "fixed_by_owner": by(lambda line: line.owner, found.fixed),
        "variable_by_service": by(lambda line: line.price.service, found.variable),
        "variable_by_owner": by(lambda line: line.owner, found.variable),
        "variable": [_line(line) for line in found.variable],
        "fixed": [_line(line) for line in found.fixed],
        "prices": {price.name: asdict(price) for price in found.prices},
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "resource": line.resource,
        "urn": line.urn,
        "owner": line.owner,
        "price": line.price.name,
        "quantity": line.quantity,
        "usd": line.usd,
    }
