"""Which settings take the other environment's value, so that what follows from them can be seen."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pulumi

import settings

Stacks = Mapping[str, Mapping[str, str]]
"""The settings of dev and of prod, by key."""
DEV, PROD = "dev", "prod"
_KEY = re.compile(r"\b[a-z]+:[a-z0-9_]+\b")


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """Settings of one environment that take the values of the other."""

    keys: tuple[str, ...]
    """what is measured"""
    changed_in: str
    """the environment"""
    companions: tuple[str, ...] = ()
    """settings that have to change with them, or the settings contradict each other"""

    def changed(self, stacks: Stacks) -> dict[str, str]:
        """The values that differ from the environment's own."""
        other = stacks[DEV if self.changed_in == PROD else PROD]
        return {key: other[key] for key in (*self.keys, *self.companions)}


def differing(stacks: Stacks) -> list[str]:
    """The keys whose values differ, in the order of prod's file."""
    return [key for key, value in stacks[PROD].items() if stacks[DEV].get(key) != value]


def exchange(
    keys: Sequence[str],
    stacks: Stacks,
    problems: Callable[[Mapping[str, str]], list[str]],
    preferred: str | None = None,
) -> Exchange:
    """In prod where its other settings allow it, else in dev, else in prod with what must follow.

    `problems` says what is wrong with an environment's settings; `preferred` is tried first.
    Raises ValueError where they contradict each other whatever follows.
    """
    found = tuple(keys)
    for environment in (preferred,) if preferred else (PROD, DEV):
        tried = Exchange(keys=found, changed_in=environment)
        if not problems({**stacks[environment], **tried.changed(stacks)}):
            return tried
    may_follow, companions = set(differing(stacks)) - set(found), set[str]()
    while True:
        tried = Exchange(keys=found, changed_in=PROD, companions=tuple(sorted(companions)))
        said = problems({**stacks[PROD], **tried.changed(stacks)})
        if not said:
            return tried
        named = set(_KEY.findall(" ".join(said))) & may_follow - companions
        if not named:
            raise ValueError(f"{', '.join(keys)} cannot be changed in prod or dev: {said[0]}")
        companions |= named


def problems(configured: Mapping[str, str]) -> list[str]:
    """What is wrong with the settings of an environment, by the rules of the program."""
    pulumi.runtime.set_all_config(dict(configured))
    try:
        settings.load()
    except settings.SettingsError as error:
        return error.problems
    finally:
        pulumi.runtime.set_all_config({})
    return []
