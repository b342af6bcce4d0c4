"""An environment is a settings file: no component asks which environment it is in."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import configuration, harness
from tests.support.configuration import ROOT
from tests.support.harness import Built

HOLDS_DATA = {
    "aws:backup/vault:Vault",
    "aws:cognito/userPool:UserPool",
    "aws:dynamodb/table:Table",
    "aws:kms/key:Key",
    "aws:rds/cluster:Cluster",
    "aws:s3/bucket:Bucket",
}
STAGES = {"dev", "prod", "local", "staging", "test", "production", "development"}
SOURCES = [*sorted((ROOT / "components").rglob("*.py")), ROOT / "__main__.py"]


def stages_decided_on(source: str) -> Iterator[int]:
    """Lines that compare, match or look something up with a stage's name, or ask for the stack."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and node.value in STAGES:
            yield node.lineno
        if isinstance(node, ast.Attribute) and node.attr == "get_stack":
            yield node.lineno
        decided = isinstance(node, ast.If | ast.IfExp | ast.Match | ast.Compare | ast.Subscript)
        if decided:
            yield from (
                inner.lineno
                for inner in ast.walk(_decisive(node))
                if isinstance(inner, ast.Attribute) and inner.attr == "environment"
            )


def _decisive(node: ast.AST) -> ast.AST:
    if isinstance(node, ast.If | ast.IfExp):
        return node.test
    if isinstance(node, ast.Match):
        return node.subject
    return node.slice if isinstance(node, ast.Subscript) else node


@pytest.mark.parametrize(
    "source",
    [
        "if scope.environment == name: pass",
        "size = 2 if settings.stage == 'prod' else 1",
        "sizes = {'dev': 1, 'prod': 2}[scope.environment]",
        "import pulumi\nif pulumi.get_stack() in protected: pass",
        "match scope.environment:\n    case _: pass",
        "size = sizes[scope.environment]",
    ],
)
def test_a_planted_decision_on_the_stage_is_found(source: str) -> None:
    assert list(stages_decided_on(source)) != []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_decides_on_the_stage(path: Path) -> None:
    found = list(stages_decided_on(path.read_text()))
    named_once = ["pulumi.get_stack()" in line for line in path.read_text().splitlines()]
    allowed = [named_once.index(True) + 1] if path.name == "__main__.py" else []

    assert found == allowed


def rendered(built: Built) -> str:
    """All inputs of all resources, as text."""
    return json.dumps(
        [(resource.type, resource.name, resource.inputs) for resource in built],
        default=lambda asset: asset.path,
        sort_keys=True,
    )


def test_the_name_of_a_stack_changes_names_and_nothing_else(
    ready_packages: None, stacks: dict[str, Built]
) -> None:
    renamed = harness.build_stack("prod", name="zulu")

    assert rendered(renamed).replace("zulu", "prod").replace("ZULU", "PROD") == rendered(
        stacks["prod"]
    )


def test_an_environment_is_a_file_and_nothing_else(
    ready_packages: None, stacks: dict[str, Built], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Pulumi.staging.yaml").write_bytes((ROOT / "Pulumi.dev.yaml").read_bytes())
    monkeypatch.setattr(configuration, "ROOT", tmp_path)

    staging = harness.build_stack("staging")

    assert staging.counts() == stacks["dev"].counts()
    assert {
        resource.inputs["tags"]["environment"] for resource in staging if "tags" in resource.inputs
    } == {"staging"}


def test_production_protects_its_data_and_dev_can_be_thrown_away(stacks: dict[str, Built]) -> None:
    for stack, protected in (("prod", True), ("dev", False)):
        tables = stacks[stack].of_type("aws:dynamodb/table:Table")
        assert {table.inputs["deletionProtectionEnabled"] for table in tables} == {protected}
        cluster = stacks[stack].named("payments-data-cluster")
        assert cluster.inputs["deletionProtection"] is protected
        kept = {
            "aws:s3/bucket:Bucket" if resource.type.startswith("aws:s3/") else resource.type
            for resource in stacks[stack]
            if resource.protected
        }
        assert kept == (HOLDS_DATA if protected else set())
