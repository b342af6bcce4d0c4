"""Why settings differ, as data, and whether every reason is needed and every need has one."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.env_diff.exchange import DEV, PROD, Stacks, differing

REASONS = Path(__file__).with_name("reasons.toml")
WHERE = "tools/env_diff/reasons.toml"


class ReasonError(ValueError):
    """The file of reasons cannot be read as such."""


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why some settings differ, and what may differ with them."""

    why: str
    settings: tuple[str, ...]
    resources: tuple[str, ...]
    """patterns of the types of resources that differ because of them"""
    together: bool = False
    """whether they are exchanged at once: what follows is theirs together"""
    changed_in: str | None = None
    """the environment in which what follows is measured, where it matters"""


def load(path: Path = REASONS) -> list[Reason]:
    """The reasons in a file; raises ReasonError where an entry is not one."""
    found = []
    for number, entry in enumerate(tomllib.loads(path.read_text("utf-8"))["reason"], 1):
        lists = {name: tuple(entry[name]) for name in ("settings", "resources") if name in entry}
        try:
            reason = Reason(**{**entry, **lists})
        except TypeError as error:
            raise ReasonError(f"{path.name}: entry {number}: {error}") from error
        if not reason.why.strip() or not reason.settings:
            raise ReasonError(f"{path.name}: entry {number} must say why, and of which settings")
        if reason.changed_in not in (None, DEV, PROD):
            raise ReasonError(
                f"{path.name}: entry {number}: changed_in = {reason.changed_in!r}: must be "
                f"{DEV} or {PROD}; change it, or leave it out"
            )
        found.append(reason)
    return found


def unreasoned(stacks: Stacks, reasons: Sequence[Reason]) -> Iterator[str]:
    """What has no reason, or more than one, and what a reason is no longer needed for."""
    given = Counter(key for reason in reasons for key in reason.settings)
    needed = differing(stacks)
    for key in needed:
        if key not in given:
            yield (
                f"{key}: dev has {stacks[DEV].get(key)!r}, prod has {stacks[PROD][key]!r}, and "
                f"nothing says why: add it to the settings of a [[reason]] in {WHERE}, or make "
                f"the values equal"
            )
    for key, count in given.items():
        if key not in needed:
            yield (
                f"{key}: is {stacks[PROD].get(key)!r} in dev and prod, and {WHERE} says why it "
                f"differs: remove it there"
            )
        elif count > 1:
            yield f"{key}: {count} reasons in {WHERE} say why it differs: keep one"
