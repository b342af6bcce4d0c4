"""Grants against calls: what is used, needed by AWS itself, explained, unused or missing."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from local.resources.iam import BATCHES
from tools.iam.behalf import Behalf, Situation, on_behalf
from tools.iam.grants import Grant, Key, Registered, grants

EXPLANATIONS = Path(__file__).with_name("explanations.toml")
_SINGLE = {batch: single for single, batch in BATCHES.items()}
_FIELDS = {"role", "action", "reason"}


class ExplanationError(ValueError):
    """The file of explanations does not say what it must."""


@dataclass(frozen=True, order=True)
class Call:
    """What a role asked for, by its name on AWS, and whether it got it."""

    role: str
    action: str
    resource: str
    allowed: bool


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Why a role has a grant that no call shows."""

    role: str
    action: str
    reason: str


@dataclass(kw_only=True)
class Row:
    """One role's grants, as text, by what became of them; and its calls that no grant covers."""

    role: str
    used: list[str] = field(default_factory=list)
    on_behalf: list[str] = field(default_factory=list)
    explained: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    @property
    def granted(self) -> int:
        """How many grants it has."""
        return len([*self.used, *self.on_behalf, *self.explained, *self.unused])


@dataclass(kw_only=True)
class Proof:
    """All roles, and the explanations that explain nothing."""

    rows: list[Row]
    unneeded: list[str]

    @property
    def failed(self) -> bool:
        """Whether something is granted and not needed, or the other way round."""
        return bool(self.unneeded or any(row.unused or row.missing for row in self.rows))


def read_calls(path: Path) -> list[Call]:
    """What `local/calls.py` wrote; a batch is the action it consists of, as on AWS."""
    found = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return sorted(
        {
            Call(
                entry["role"],
                _SINGLE.get(entry["action"], entry["action"]),
                entry["resource"],
                entry["allowed"],
            )
            for entry in found
        }
    )


def read_explanations(path: Path = EXPLANATIONS) -> list[Explanation]:
    """The explanations in a file; raises ExplanationError."""
    listed = tomllib.loads(path.read_text("utf-8")).get("explanation", [])
    for number, entry in enumerate(listed, 1):
        if set(entry) != _FIELDS or not all(entry.values()):
            raise ExplanationError(
                f"{path}: explanation {number} has {', '.join(sorted(entry))}; "
                f"it must say {', '.join(sorted(_FIELDS))}, each a text"
            )
    return [Explanation(**entry) for entry in listed]


def prove(
    stacks: Mapping[str, Sequence[Registered]],
    running: str,
    calls: Sequence[Call],
    listed: Sequence[Behalf],
    explanations: Sequence[Explanation],
) -> Proof:
    """Judge the grants of all `stacks` by the calls in the `running` one."""
    held: dict[Key, dict[str, Grant]] = {}
    for stack, registered in stacks.items():
        for grant in grants(registered):
            held.setdefault(grant.key, {})[stack] = grant
    situations = {stack: Situation(registered) for stack, registered in stacks.items()}
    own = [found[running] for found in held.values() if running in found]
    used = {grant.key for grant in own if any(_made(call, grant) for call in calls)}
    rows: dict[str, Row] = {}
    needed: set[Explanation] = set()
    for key, found in sorted(held.items()):
        row = rows.setdefault(key[0], Row(role=key[0]))
        grant = next(iter(found.values()))
        entries = {
            stack: on_behalf(each, situations[stack], listed) for stack, each in found.items()
        }
        explanation = _explaining(grant, explanations)
        if key in used:
            row.used.append(str(grant))
        elif all(entries.values()):
            because = {f"{entry.what}, {entry.source}" for entry in entries.values() if entry}
            row.on_behalf.append(f"{grant}: {'; '.join(sorted(because))}")
        elif explanation:
            needed.add(explanation)
            row.explained.append(f"{grant}: {explanation.reason}")
        else:
            where = ", ".join(stack for stack, entry in entries.items() if not entry)
            row.unused.append(f"{grant} ({where})")
    for role, missing in _missing(own, calls):
        rows.setdefault(role, Row(role=role)).missing.append(missing)
    unneeded = [f"{one.action} of {one.role}" for one in explanations if one not in needed]
    return Proof(rows=sorted(rows.values(), key=lambda row: row.role), unneeded=unneeded)


def _made(call: Call, grant: Grant) -> bool:
    return call.role == grant.physical and grant.covers(call.action, call.resource)


def _explaining(grant: Grant, explanations: Iterable[Explanation]) -> Explanation | None:
    for entry in explanations:
        if (entry.role, entry.action) == (grant.role, grant.action):
            return entry
    return None


def _missing(granted: Sequence[Grant], calls: Iterable[Call]) -> Iterable[tuple[str, str]]:
    names = {grant.physical: grant.role for grant in granted}
    for call in calls:
        covered = any(_made(call, grant) for grant in granted)
        if not call.allowed or not covered:
            why = "" if covered else ", which no statement grants"
            refused = "" if call.allowed else ", refused"
            yield (
                names.get(call.role, call.role),
                f"{call.action} on {call.resource}{why}{refused}",
            )
