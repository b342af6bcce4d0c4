"""What a pipeline is, as values: pure, so that graph checks, pictures and AWS see the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Trust = Literal["trusted", "untrusted"]
Mode = Literal["QUEUED", "PARALLEL"]
Schedule = Literal["nightly", "hourly"]
Failure = Literal["retry", "rollback", "fail"]
SOURCE = "source"
"""The artifact that holds the commit a pipeline is about."""
BASE = "base"
"""The artifact that holds what a pull request would change."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One CodeBuild project: a buildspec, and whose role its commands take."""

    name: str
    buildspec: str
    """the file in delivery/buildspecs, without its ending"""
    trust: Trust = "trusted"
    """whose artifacts it works on: an untrusted pipeline's or a trusted one's"""
    environment: Mapping[str, str] = field(default_factory=dict)
    """what its commands are told"""
    stage: str | None = None
    """the environment whose account it works in"""
    access: str | None = None
    """the role of that account that it takes, by its ability: look, deploy"""
    abilities: Sequence[str] = ()
    """what it does in the tools account itself: push-image, write-repository, comment, watch"""
    reports: bool = False
    """whether it tells CodeBuild of its tests"""


@dataclass(frozen=True, kw_only=True)
class Action:
    """One box of a pipeline."""

    name: str
    step: str | None = None
    """the step that it starts; without one a person approves"""
    reads: Sequence[str] = ()
    """artifacts it is given, the one it runs in first"""
    writes: Sequence[str] = ()
    """artifacts it leaves"""
    order: int = 1
    """its turn in the stage; those with the same turn run at once"""
    environment: Mapping[str, str] = field(default_factory=dict)
    """what this pipeline tells the step beyond its own"""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Actions that succeed or fail together."""

    name: str
    actions: Sequence[Action]
    failure: Failure = "fail"
    """retry: once more, what failed; rollback: this stage of the last good execution"""


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """What starts a pipeline at a push or pull request; a path filter of AWS has 8 entries."""

    event: Literal["push", "pull_request"]
    includes: Sequence[str] = ()
    excludes: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """The stages after the source, in order."""

    name: str
    purpose: str
    """what it is for, as a sentence without its end"""
    stages: Sequence[Stage]
    trigger: Trigger | None = None
    """none: a schedule or a person starts it"""
    trust: Trust = "trusted"
    mode: Mode = "QUEUED"
    schedule: Schedule | None = None
    """when it starts by the clock"""
    runbook: str = "pipeline-red"
    """the page for an execution that failed"""

    @property
    def steps(self) -> list[str]:
        """The steps that it starts, each once, in order."""
        actions = (action for stage in self.stages for action in stage.actions)
        return list(dict.fromkeys(action.step for action in actions if action.step))
