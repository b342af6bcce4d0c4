"""The tools account's program, built without an engine, and how its parts relate."""

from __future__ import annotations

import json
import runpy
from typing import Any

import yaml

from tests.support import harness
from tests.support.configuration import ROOT
from tests.support.harness import Built, Resource

PROJECT = "aws:codebuild/project:Project"
PIPELINE = "aws:codepipeline/pipeline:Pipeline"
STACK = "tools"


def tools_config(**overrides: str) -> dict[str, str]:
    """What `delivery/Pulumi.tools.yaml` configures, with `namespace__key` set anew."""
    file = ROOT / "delivery" / f"Pulumi.{STACK}.yaml"
    found: dict[str, str] = yaml.safe_load(file.read_text())["config"]
    return {**found, **{key.replace("__", ":", 1): value for key, value in overrides.items()}}


def build_delivery(name: str = STACK, **overrides: str) -> Built:
    """Everything that the tools account's program registers, as the stack `name`."""
    return harness.build(
        lambda: runpy.run_path(str(ROOT / "delivery/__main__.py")),
        environment=name,
        config=tools_config(**overrides),
    )


def step(built: Built, name: str) -> Resource:
    """The CodeBuild project of a step."""
    return built.named(f"step-{name}-project")


def allowed(built: Built, role: str) -> list[dict[str, Any]]:
    """What the policy of a component's role allows or denies."""
    found: list[dict[str, Any]] = json.loads(built.named(f"{role}-policy").inputs["policy"])[
        "Statement"
    ]
    return found


def actions(built: Built, role: str) -> set[str]:
    """The actions that it allows."""
    return {
        action
        for statement in allowed(built, role)
        if statement["Effect"] == "Allow"
        for action in statement["Action"]
    }


def environment(project: Resource) -> dict[str, str]:
    """What a project's commands are told."""
    told = project.inputs["environment"]["environmentVariables"]
    return {variable["name"]: variable["value"] for variable in told}
