"""What must hold of the pipelines as a graph: pure; each problem is a sentence.

Artifacts are there before they are used, roles may do exactly what their steps call, a person
approves before the last stage is changed, and the policies judge whatever is deployed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.delivery.account import Account, Box, Line, Project
from tools.delivery.buildspec import Buildspec, call

CALLS: Mapping[str, Mapping[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "calls.toml").read_text("utf-8")
)
_EVERY_BUILD = (
    "kms:Decrypt",
    "kms:GenerateDataKey",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:PutObject",
)
"""What CodeBuild does as the role: keys, logs, artifacts."""
_REPORTING = (
    "codebuild:BatchPutCodeCoverages",
    "codebuild:BatchPutTestCases",
    "codebuild:CreateReport",
    "codebuild:CreateReportGroup",
    "codebuild:UpdateReport",
)
_CLONING = "codeconnections:UseConnection GitPull"
_EVERY_LINE = (
    "codebuild:BatchGetBuilds",
    "codebuild:StartBuild",
    "codeconnections:UseConnection",
    "kms:Decrypt",
    "kms:GenerateDataKey",
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:PutObject",
)
"""What CodePipeline does as the role: builds, source, artifacts."""


@dataclass(frozen=True, kw_only=True)
class Command:
    """One make target of a step, with what its buildspec and the project tell it."""

    target: str
    stack: str
    planned: bool
    """whether it is about the real stack's plan"""

    @property
    def takes(self) -> str:
        """The role that it takes in the stack's account; empty: none."""
        called = CALLS[self.target]
        return str(called.get("takes", called.get("takes_with_plan", "") if self.planned else ""))

    def is_(self, quality: str) -> bool:
        """Whether it `changes` an environment, or `judges` what would."""
        real = self.planned or bool(self.takes)
        return bool(CALLS[self.target].get(quality)) and real


class Graph:
    """The account's pipelines, with what their buildspecs call."""

    def __init__(self, found: Account, specs: Mapping[str, Buildspec], last: str) -> None:
        """`last` is the environment that a person's word is needed for."""
        self._account = found
        self._specs = specs
        self._last = last

    def problems(self) -> list[str]:
        """All that does not hold."""
        found: list[str] = []
        for line in self._account.lines:
            found += self._artifacts(line)
            found += self._approval(line)
            found += self._policy(line)
            found += self._request(line)
            found += self._line_role(line)
        for project in self._account.projects.values():
            found += self._project_role(project)
        return found

    def _artifacts(self, line: Line) -> Iterator[str]:
        """What a box reads was left by one of an earlier turn, once; what it names it is given."""
        for box in line.boxes:
            before = {
                name for other in line.boxes if other.turn < box.turn for name in other.writes
            }
            for name in box.reads:
                if name not in before:
                    yield f"{line.name}: {box.name} reads {name}, which nothing leaves before it"
            yield from self._inputs(line, box)
        written = [name for box in line.boxes for name in box.writes]
        for name in sorted({name for name in written if written.count(name) > 1}):
            yield f"{line.name}: {name} is left more than once; give each its own name"

    def _inputs(self, line: Line, box: Box) -> Iterator[str]:
        spec = self._spec(box)
        if spec is None:
            return
        given = set(box.reads[1:])
        if unnamed := given - spec.inputs(optional=True):
            told = ", ".join(sorted(unnamed))
            yield f"{line.name}: {box.name} is given {told}, which {spec.name}.yml never names"
        if lacking := spec.inputs(optional=False) - given:
            told = ", ".join(sorted(lacking))
            yield f"{line.name}: {spec.name}.yml names {told}, which {box.name} is not given"
        if box.writes and spec.artifacts is None:
            yield f"{line.name}: {box.name} leaves {box.writes[0]}, and {spec.name}.yml nothing"

    def _approval(self, line: Line) -> Iterator[str]:
        """Before the last stage is changed a person has approved, in a stage before."""
        approved = [box.stage for box in line.boxes if box.category == "Approval"]
        for box in self._changing(line, self._last):
            if not any(stage < box.stage for stage in approved):
                yield f"{line.name}: {box.name} changes {self._last} before any approval"

    def _policy(self, line: Line) -> Iterator[str]:
        """Whatever changes a stack comes after a preview that the policies judged.

        The last stack's is compared with what was approved, after that and before the change.
        """
        judging = [box for box in line.boxes if self._judges(box)]
        for stack in sorted(self._stacks(line)):
            for box in self._changing(line, stack):
                before = [j for j in judging if j.turn < box.turn and self._stack(j) == stack]
                if not before:
                    yield f"{line.name}: {box.name} of {stack} has no judged preview before it"
                elif stack == self._last and not _compared_with_approved(line, before):
                    yield f"{line.name}: {box.name} of {stack} is not compared with the plan"

    def _request(self, line: Line) -> Iterator[str]:
        """A pull request's own code takes no role and is told no secret."""
        if not line.requested:
            return
        sources = [box.writes[0] for box in line.boxes if box.category == "Source"]
        for box in line.boxes:
            if not box.project or not box.reads or box.reads[0] != sources[0]:
                continue
            project = self._account.projects[box.project]
            if project.environment:
                told = ", ".join(sorted(project.environment))
                yield f"{line.name}: {box.name} runs a pull request's code and is told {told}"
            secret = self._own(project) - {*_EVERY_BUILD, *_REPORTING}
            if secret:
                told = ", ".join(sorted(secret))
                yield f"{line.name}: {box.name} runs a pull request's code and may {told}"

    def _line_role(self, line: Line) -> Iterator[str]:
        """A pipeline starts its own steps, and may no more."""
        started = {box.project for box in line.boxes if box.project}
        allowed = self._account.permissions.get(line.role, ())
        builds = {
            resource.rpartition("/")[2]
            for permission in allowed
            if permission.action == "codebuild:StartBuild"
            for resource in permission.resources
        }
        yield from _compared(line.name, "start", started, builds)
        actions = {permission.action for permission in allowed}
        yield from _compared(line.name, "call", set(_EVERY_LINE), actions)

    def _project_role(self, project: Project) -> Iterator[str]:
        """A step's role may do what CodeBuild needs and its targets call, and no more."""
        spec = self._specs[project.buildspec]
        commands = self._commands(project)
        needed = {*_EVERY_BUILD, *(_REPORTING if spec.reports else ())}
        needed |= {action for c in commands for action in CALLS[c.target].get("own", ())}
        needed |= {_CLONING} if self._cloned(project) else set()
        taken = {(command.stack, command.takes) for command in commands if command.takes}
        needed |= {"sts:AssumeRole"} if taken else set()
        yield from _compared(project.name, "call", needed, self._own(project))
        roles = {
            resource.rpartition("/")[2]
            for permission in self._account.permissions.get(project.role, ())
            if permission.action == "sts:AssumeRole"
            for resource in permission.resources
        }
        wanted = {f"-{stack}-delivery-{role}" for stack, role in taken}
        if {role for role in roles if not role.endswith(tuple(wanted))} or len(roles) != len(
            wanted
        ):
            yield (
                f"{project.name}: takes {', '.join(sorted(roles)) or 'no role'}, must take "
                f"{', '.join(sorted(wanted)) or 'none'}"
            )

    def _own(self, project: Project) -> set[str]:
        return {found.action for found in self._account.permissions.get(project.role, ())}

    def _cloned(self, project: Project) -> bool:
        return any(
            line.cloned and box.project == project.name
            for line in self._account.lines
            for box in line.boxes
        )

    def _commands(self, project: Project) -> list[Command]:
        spec = self._specs[project.buildspec]
        found = []
        for command in spec.commands:
            target, given = call(command)
            stack = given.get("STACK", "").replace("$STACK", project.environment.get("STACK", ""))
            found.append(Command(target=target, stack=stack, planned="PLAN" in given))
        return found

    def _spec(self, box: Box) -> Buildspec | None:
        if not box.project:
            return None
        return self._specs[self._account.projects[box.project].buildspec]

    def _of(self, box: Box) -> list[Command]:
        return self._commands(self._account.projects[box.project]) if box.project else []

    def _stack(self, box: Box) -> str:
        return next((command.stack for command in self._of(box) if command.stack), "")

    def _judges(self, box: Box) -> bool:
        return any(c.is_("judges") and not c.is_("changes") for c in self._of(box))

    def _stacks(self, line: Line) -> set[str]:
        return {self._stack(box) for box in line.boxes} - {""}

    def _changing(self, line: Line, stack: str) -> list[Box]:
        return [
            box
            for box in line.boxes
            if any(c.is_("changes") and c.stack == stack for c in self._of(box))
        ]


def _compared(who: str, verb: str, needed: set[str], allowed: set[str]) -> Iterator[str]:
    if lacking := needed - allowed:
        yield f"{who}: may not {verb} {', '.join(sorted(lacking))}, which its steps need"
    if spare := allowed - needed:
        yield f"{who}: may {verb} {', '.join(sorted(spare))}, which no step of it needs"


def _compared_with_approved(line: Line, previews: list[Box]) -> bool:
    """Whether a preview after the approval reads what one before it has left."""
    approvals = [box.stage for box in line.boxes if box.category == "Approval"]
    kept = {
        name
        for preview in previews
        if any(preview.stage < stage for stage in approvals)
        for name in preview.writes
    }
    return any(
        kept & set(preview.reads)
        for preview in previews
        if any(preview.stage > stage for stage in approvals)
    )
