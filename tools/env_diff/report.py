"""What differs, as lines to grep and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tools.env_diff.effects import NOTHING, Usd
from tools.env_diff.exchange import DEV, PROD
from tools.env_diff.explained import Comparison, Difference, Explained
from tools.env_diff.properties import Path

_LONGEST = 48
_NAMED = 4


def as_lines(found: Comparison) -> str:
    """Each line begins with a setting; costs are what prod pays more than dev."""
    lines = [line for each in found.explained for line in _about(each, found)]
    settings = sum(len(each.exchange.keys) for each in found.explained)
    resources = {
        (difference.resource.type, difference.resource.name)
        for each in found.explained
        for difference in each.differences
    }
    return "\n".join(
        [
            *lines,
            f"{settings} settings and {len(resources)} resources differ; prod costs "
            f"{_cost(found.usd)} more than dev, and {_cost(_sum(found.explained))} by the lines "
            f"above: what settings cost by meeting each other is in the former alone",
        ]
    )


def as_json(found: Comparison) -> str:
    """Every setting, and every resource with its properties."""
    return json.dumps(
        {
            "usd": _usd(found.usd),
            "problems": list(found.problems),
            "differences": [_told(each, found) for each in found.explained],
        },
        indent=2,
    )


def _about(each: Explained, found: Comparison) -> Iterator[str]:
    first, *others = each.exchange.keys
    for key in (first, *others):
        dev, prod = (_short(found.stacks[stack][key]) for stack in (DEV, PROD))
        yield f"{key}: dev {dev}, prod {prod}: {each.reason.why}; {_measured(each)}"
    if not each.differences:
        yield f"{first}: no resource differs"
    for changes, alike in _alike(each.differences).items():
        names = [difference.resource.name for difference in alike]
        left = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        cost = f"{_cost(usd)}; " if (usd := _sum(alike)) != NOTHING else ""
        yield f"{first}: {_kinds(alike)}: {changes}; {cost}{', '.join(names[:_NAMED])}{left}"


def _measured(each: Explained) -> str:
    """The cost, and how it was found where that is not by prod with this one setting of dev."""
    said = [_cost(each.usd)]
    if len(each.exchange.keys) > 1:
        said.append(f"for all {len(each.exchange.keys)} of this reason")
    if each.exchange.companions:
        said.append(f"changed with {', '.join(each.exchange.companions)}")
    if each.exchange.changed_in == DEV:
        said.append("measured in dev")
    return ", ".join(said)


def _alike(differences: Sequence[Difference]) -> dict[str, list[Difference]]:
    """Resources in which the same differs by the same."""
    found: dict[str, list[Difference]] = {}
    for difference in differences:
        changes = "; ".join(_change(path, values) for path, values in difference.values.items())
        found.setdefault(changes, []).append(difference)
    return found


def _kinds(alike: Sequence[Difference]) -> str:
    types = {difference.resource.type for difference in alike}
    kind = types.pop() if len(types) == 1 else f"resources of {len(types)} types"
    return f"{len(alike)} {kind}"


def _change(path: Path, values: tuple[Any, Any]) -> str:
    if not path:
        return "only in prod" if values[0] is None else "only in dev"
    return f"{'.'.join(path)} {_short(values[0])} → {_short(values[1])}"


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    half = _LONGEST // 2
    return (text if len(text) <= _LONGEST else f"{text[:half]}…{text[-half:]}") or '""'


def _sum(found: Sequence[Explained | Difference]) -> Usd:
    return sum((each.usd for each in found), NOTHING)


def _cost(usd: Usd) -> str:
    amounts = ((usd.month, "a month"), (usd.million, "for a million orders"))
    said = [f"${amount:+.2f} {what}" for amount, what in amounts if round(amount, 2)]
    return " and ".join(said) or "costs nothing"


def _usd(usd: Usd) -> dict[str, float]:
    return {"month": round(usd.month, 2), "million_orders": round(usd.million, 2)}


def _told(each: Explained, found: Comparison) -> dict[str, Any]:
    return {
        "settings": {
            key: {stack: found.stacks[stack][key] for stack in (DEV, PROD)}
            for key in each.exchange.keys
        },
        "why": each.reason.why,
        "measured_in": each.exchange.changed_in,
        "changed_with": list(each.exchange.companions),
        "usd": _usd(each.usd),
        "resources": [_resource(difference) for difference in each.differences],
    }


def _resource(difference: Difference) -> Mapping[str, Any]:
    return {
        "type": difference.resource.type,
        "name": difference.resource.name,
        "usd": _usd(difference.usd),
        "properties": {
            ".".join(path): {DEV: values[0], PROD: values[1]}
            for path, values in difference.values.items()
        },
    }
