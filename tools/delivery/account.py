"""The tools account as its program registers it: pipelines, projects, roles; pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

_PIPELINE = "aws:codepipeline/pipeline:Pipeline"
_PROJECT = "aws:codebuild/project:Project"
_ROLE = "aws:iam/role:Role"
_POLICY = "aws:iam/rolePolicy:RolePolicy"
_CONDITION = "codeconnections:ProviderAction"


class Registered(Protocol):
    """A resource as a recording or the tests' harness has it."""

    @property
    def type(self) -> str: ...
    @property
    def inputs(self) -> dict[str, Any]: ...
    @property
    def outputs(self) -> dict[str, Any]: ...


@dataclass(frozen=True, kw_only=True)
class Box:
    """One action of a pipeline."""

    stage: int
    order: int
    name: str
    category: str
    project: str
    reads: tuple[str, ...]
    """artifacts, the one it runs in first"""
    writes: tuple[str, ...]

    @property
    def turn(self) -> tuple[int, int]:
        """When it runs; boxes of the same turn run at once."""
        return self.stage, self.order


@dataclass(frozen=True, kw_only=True)
class Line:
    """One pipeline, as the boxes in it."""

    name: str
    role: str
    requested: bool
    """whether pull requests start it"""
    cloned: bool
    """whether its source comes with a history, by the connection"""
    stages: tuple[str, ...]
    boxes: tuple[Box, ...]


@dataclass(frozen=True, kw_only=True)
class Project:
    """One CodeBuild project."""

    name: str
    role: str
    buildspec: str
    environment: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Permission:
    """One action that a role may call, and where."""

    action: str
    """with the provider's action after a space, where a condition names one"""
    resources: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Account:
    """All of it; roles by ARN."""

    lines: Sequence[Line]
    projects: Mapping[str, Project]
    permissions: Mapping[str, Sequence[Permission]]


def account(registered: Iterable[Registered]) -> Account:
    """The account that these resources make."""
    found = list(registered)
    projects = [_project(resource) for resource in found if resource.type == _PROJECT]
    names = {
        resource.outputs.get("id", resource.outputs["name"]): resource.outputs["arn"]
        for resource in found
        if resource.type == _ROLE
    }
    return Account(
        lines=[_line(resource.inputs) for resource in found if resource.type == _PIPELINE],
        projects={project.name: project for project in projects},
        permissions={
            names[resource.inputs["role"]]: list(_permissions(resource.inputs["policy"]))
            for resource in found
            if resource.type == _POLICY
        },
    )


def _project(resource: Registered) -> Project:
    told = resource.inputs["environment"].get("environmentVariables", [])
    return Project(
        name=resource.inputs["name"],
        role=resource.inputs["serviceRole"],
        buildspec=resource.inputs["source"]["buildspec"].rpartition("/")[2].removesuffix(".yml"),
        environment={variable["name"]: variable["value"] for variable in told},
    )


def _line(inputs: Mapping[str, Any]) -> Line:
    boxes = [
        _box(number, action)
        for number, stage in enumerate(inputs["stages"])
        for action in stage["actions"]
    ]
    sources = [a for a in inputs["stages"][0]["actions"] if a["category"] == "Source"]
    forms = {action["configuration"]["OutputArtifactFormat"] for action in sources}
    triggers = [trigger["gitConfiguration"] for trigger in inputs.get("triggers") or []]
    return Line(
        name=inputs["name"],
        role=inputs["roleArn"],
        requested=any(trigger.get("pullRequests") for trigger in triggers),
        cloned="CODEBUILD_CLONE_REF" in forms,
        stages=tuple(stage["name"] for stage in inputs["stages"]),
        boxes=tuple(boxes),
    )


def _box(stage: int, action: Mapping[str, Any]) -> Box:
    configuration = action.get("configuration") or {}
    reads = tuple(action.get("inputArtifacts") or ())
    first = configuration.get("PrimarySource", reads[0] if reads else "")
    return Box(
        stage=stage,
        order=int(action.get("runOrder") or 1),
        name=action["name"],
        category=action["category"],
        project=configuration.get("ProjectName", ""),
        reads=(first, *(name for name in reads if name != first)) if reads else (),
        writes=tuple(action.get("outputArtifacts") or ()),
    )


def _permissions(policy: str) -> Iterator[Permission]:
    for statement in json.loads(policy)["Statement"]:
        if statement["Effect"] != "Allow":
            continue
        named = statement.get("Condition", {}).get("StringEquals", {}).get(_CONDITION)
        for action in statement["Action"]:
            told = f"{action} {named}" if named else str(action)
            yield Permission(action=told, resources=tuple(statement["Resource"]))
