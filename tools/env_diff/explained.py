"""Which setting makes which resource differ, and what no reason explains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from tools.env_diff.effects import NOTHING, Effect, Measured, Usd
from tools.env_diff.exchange import Exchange, Stacks, exchange, problems
from tools.env_diff.properties import Change, Path, Resource, changes, overlap
from tools.env_diff.reasons import WHERE, Reason


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One resource that differs because of an exchange, and how."""

    resource: Resource
    values: Mapping[Path, tuple[Any, Any]]
    """dev's and prod's, by path; None is what one does not have"""
    usd: Usd


@dataclass(frozen=True, kw_only=True)
class Explained:
    """Settings that were exchanged, why they differ, and what follows."""

    reason: Reason
    exchange: Exchange
    usd: Usd
    differences: Sequence[Difference]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Everything that differs, and what is wrong with it."""

    stacks: Stacks
    explained: Sequence[Explained]
    usd: Usd
    """what prod costs more than dev"""
    problems: Sequence[str]


def exchanges(reasons: Sequence[Reason], stacks: Stacks) -> list[tuple[Reason, Exchange]]:
    """What to measure: settings that share a reason at once where it says so, else one by one."""
    return [
        (reason, exchange(keys, stacks, problems, reason.changed_in))
        for reason in reasons
        for keys in ([reason.settings] if reason.together else [(key,) for key in reason.settings])
    ]


def compare(
    stacks: Stacks, planned: Sequence[tuple[Reason, Exchange]], measured: Measured
) -> Comparison:
    """Attribute every difference to what causes it."""
    found = changes(measured.dev.resources, measured.prod.resources)
    by_urn: dict[str, list[Path]] = {}
    for urn, path in found:
        by_urn.setdefault(urn, []).append(path)
    resources = {
        **measured.dev.resources,
        **measured.renamed.resources,
        **measured.prod.resources,
    }
    explained, seen = [], set[Change]()
    for (reason, exchanged), effect in zip(planned, measured.effects, strict=True):
        caused = _caused(by_urn, effect)
        seen |= caused
        explained.append(
            Explained(
                reason=reason,
                exchange=exchanged,
                usd=effect.usd,
                differences=_differences(caused, found, resources, effect),
            )
        )
    named = changes(measured.renamed.resources, measured.prod.resources)
    return Comparison(
        stacks=stacks,
        explained=explained,
        usd=measured.prod.usd - measured.dev.usd,
        problems=[
            *(_by_name(resources[c[0]], c[1], named[c]) for c in named),
            *(
                _unexplained(resources[c[0]], c[1], found[c])
                for c in found
                if c not in seen and c not in named
            ),
            *_beyond_reason(explained),
        ],
    )


def _caused(by_urn: Mapping[str, Sequence[Path]], effect: Effect) -> set[Change]:
    return {
        (urn, path)
        for urn, changed in effect.changed
        for path in by_urn.get(urn, ())
        if overlap(path, changed)
    }


def _differences(
    caused: set[Change],
    found: Mapping[Change, tuple[Any, Any]],
    resources: Mapping[str, Resource],
    effect: Effect,
) -> list[Difference]:
    urns = {urn for urn, _ in caused}
    return [
        Difference(
            resource=resources[urn],
            values={path: found[u, path] for u, path in sorted(caused) if u == urn},
            usd=effect.costs.get(urn, NOTHING),
        )
        for urn in sorted(urns)
    ]


def _by_name(resource: Resource, path: Path, values: tuple[Any, Any]) -> str:
    return (
        f"{_told(resource, path)}: with the same settings it is {values[0]!r} in an environment "
        f"named dev and {values[1]!r} in prod: what differs must be a setting"
    )


def _unexplained(resource: Resource, path: Path, values: tuple[Any, Any]) -> str:
    return (
        f"{_told(resource, path)}: dev has {values[0]!r}, prod has {values[1]!r}, and no setting "
        f"alone makes the difference: give those that do one [[reason]] with together = true in "
        f"{WHERE}, or measure one of them in the other environment by changed_in"
    )


def _told(resource: Resource, path: Path) -> str:
    return f"{resource.type} {resource.name} {'.'.join(path)}".rstrip()


def _beyond_reason(explained: Sequence[Explained]) -> Iterator[str]:
    """Kinds of resources that differ and no reason foresees, and kinds that no longer do."""
    kinds: dict[Reason, set[str]] = {}
    for each in explained:
        found = kinds.setdefault(each.reason, set())
        for difference in each.differences:
            found.add(difference.resource.type)
    for reason, types in kinds.items():
        named = ", ".join(reason.settings)
        for type in sorted(types):
            if not any(fnmatchcase(type, pattern) for pattern in reason.resources):
                yield (
                    f"{named}: {type} differs because of it, and its reason does not say so: add "
                    f"the type to its resources in {WHERE}"
                )
        for pattern in reason.resources:
            if not any(fnmatchcase(type, pattern) for type in types):
                yield (
                    f"{named}: no {pattern} differs because of it any more: remove it from the "
                    f"resources of its reason in {WHERE}"
                )
