"""A buildspec as CodeBuild reads it: pure. It calls make targets and nothing else."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tools.delivery.errors import DeliveryError

ROOT = Path(__file__).resolve().parents[2]
FOLDER = "delivery/buildspecs"
PHASES = ("install", "pre_build", "build", "post_build")
_KNOWN = {"version", "env", "phases", "reports", "artifacts"}
_TARGET = re.compile(r"^(?P<name>[a-z][a-z-]*):(?!=)", re.MULTILINE)
_INPUT = re.compile(r"CODEBUILD_SRC_DIR_(\w+)(:\+)?")


@dataclass(frozen=True, kw_only=True)
class Phase:
    """Commands that run in order; those of `last` also where one has failed."""

    name: str
    commands: tuple[str, ...]
    last: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Report:
    """Files that tell CodeBuild how the tests went."""

    name: str
    base: str
    files: tuple[str, ...]
    form: str


@dataclass(frozen=True, kw_only=True)
class Buildspec:
    """What one file says."""

    name: str
    variables: Mapping[str, str]
    phases: Sequence[Phase]
    reports: Sequence[Report]
    artifacts: tuple[str, tuple[str, ...]] | None
    """the folder they lie in, and their patterns"""

    @property
    def commands(self) -> list[str]:
        """All commands, in order."""
        return [command for phase in self.phases for command in (*phase.commands, *phase.last)]

    def inputs(self, *, optional: bool) -> set[str]:
        """The artifacts, beside the one it runs in, that its commands name."""
        found = {(name, bool(mark)) for c in self.commands for name, mark in _INPUT.findall(c)}
        if optional:
            return {name for name, _ in found}
        maybe = {name for name, mark in found if mark}
        return {name for name, _ in found if name not in maybe}


def load(root: Path = ROOT) -> dict[str, Buildspec]:
    """Every buildspec of the repository, by the file's name without its ending."""
    files = sorted((root / FOLDER).glob("*.yml"))
    return {file.stem: parse(file.stem, file.read_text("utf-8")) for file in files}


def parse(name: str, text: str) -> Buildspec:
    """One buildspec; raises DeliveryError for what CodeBuild or the runner does not know."""
    told: Mapping[str, Any] = yaml.safe_load(text)
    if unknown := set(told) - _KNOWN:
        raise DeliveryError(f"{name}.yml: unknown {', '.join(sorted(unknown))}; remove it")
    if str(told.get("version")) != "0.2":
        raise DeliveryError(f"{name}.yml: version is {told.get('version')}, must be 0.2")
    if unknown := set(told["phases"]) - set(PHASES):
        raise DeliveryError(f"{name}.yml: unknown phase {', '.join(sorted(unknown))}")
    return Buildspec(
        name=name,
        variables=told.get("env", {}).get("variables", {}),
        phases=[
            Phase(
                name=phase,
                commands=tuple(told["phases"][phase]["commands"]),
                last=tuple(told["phases"][phase].get("finally", ())),
            )
            for phase in PHASES
            if phase in told["phases"]
        ],
        reports=[
            Report(
                name=report,
                base=given["base-directory"],
                files=tuple(given["files"]),
                form=given["file-format"],
            )
            for report, given in told.get("reports", {}).items()
        ],
        artifacts=_artifacts(told.get("artifacts")),
    )


def _artifacts(told: Mapping[str, Any] | None) -> tuple[str, tuple[str, ...]] | None:
    return (told["base-directory"], tuple(told["files"])) if told else None


def call(command: str) -> tuple[str, dict[str, str]]:
    """Target and variables of a command `make target NAME=value ...`; raises DeliveryError."""
    words = shlex.split(command)
    if len(words) < 2 or words[0] != "make" or "=" in words[1] or words[1].startswith("-"):
        raise DeliveryError(
            f"{command!r}: a buildspec calls make targets alone, so that every step runs at a desk "
            f"too; move it into a target"
        )
    given = dict(word.partition("=")[::2] for word in words[2:])
    return words[1], given


def targets(makefile: str) -> set[str]:
    """The targets that a Makefile defines by name."""
    return {match["name"] for match in _TARGET.finditer(makefile)}


def missing_targets(specs: Mapping[str, Buildspec], makefile: str) -> Iterator[str]:
    """A sentence for each command that no target answers."""
    known = targets(makefile)
    for spec in specs.values():
        for command in spec.commands:
            name, _ = call(command)
            if name not in known:
                yield f"{spec.name}.yml: make {name}: there is no such target in the Makefile"
