"""Exemptions: who may break which rule, why, on whose word, and until when."""

from __future__ import annotations

import datetime
import os
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FILE = Path(__file__).resolve().parent / "exemptions.toml"
FILE_VARIABLE = "POLICY_EXEMPTIONS"
_FIELDS = {"rule": str, "resource": str, "reason": str, "owner": str, "expires": datetime.date}


class ExemptionError(ValueError):
    """The exemptions file does not say what it must."""


@dataclass(frozen=True, kw_only=True)
class Exemption:
    """One resource, by its logical name, that may break one rule until the end of a day."""

    rule: str
    resource: str
    reason: str
    owner: str
    expires: datetime.date


@dataclass
class Exemptions:
    """All exemptions, and which of them were needed."""

    entries: Sequence[Exemption] = ()
    today: datetime.date = field(default_factory=datetime.date.today)
    _met: set[Exemption] = field(default_factory=set)

    def covering(self, rule: str, resource: str) -> Exemption | None:
        """The exemption for a resource that breaks a rule, unless it has expired."""
        found = self._about(rule, resource)
        return found if found and found.expires >= self.today else None

    def undecided(self, rule: str, resource: str) -> None:
        """Note that nobody can know yet whether the resource breaks the rule."""
        self._about(rule, resource)

    def problems(self, rules: Sequence[str]) -> list[str]:
        """What is wrong with the file, now that everything was judged."""
        found = []
        for entry in self.entries:
            about = f"{entry.rule} of {entry.resource} (owner {entry.owner})"
            if entry.rule not in rules:
                found.append(f"{about}: there is no such rule")
            elif entry.expires < self.today:
                found.append(f"{about}: expired on {entry.expires}")
            elif entry not in self._met:
                found.append(f"{about}: nothing breaks the rule any more")
        return found

    def _about(self, rule: str, resource: str) -> Exemption | None:
        for entry in self.entries:
            if (entry.rule, entry.resource) == (rule, resource):
                self._met.add(entry)
                return entry
        return None


def load(path: Path | None = None) -> Exemptions:
    """The exemptions in the file that the environment names, or the pack's own.

    Raises ExemptionError that names the entry and the field.
    """
    source = path or Path(os.environ.get(FILE_VARIABLE) or FILE)
    try:
        listed = tomllib.loads(source.read_text("utf-8")).get("exemption", [])
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ExemptionError(f"{source}: {error}") from error
    return Exemptions([_entry(source, number, found) for number, found in enumerate(listed, 1)])


def _entry(source: Path, number: int, found: dict[str, Any]) -> Exemption:
    where = f"{source}: exemption {number}"
    if unknown := set(found) - set(_FIELDS):
        raise ExemptionError(f"{where}: unknown {', '.join(sorted(unknown))}; remove it")
    for name, kind in _FIELDS.items():
        if not isinstance(found.get(name), kind) or not found[name]:
            raise ExemptionError(
                f"{where}: {name} is {found.get(name)!r}, must be a {kind.__name__}"
            )
    return Exemption(**found)
