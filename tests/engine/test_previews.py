"""`make preview`: the cloud stacks and their policies, without an account."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from engine.cli import Cli
from tests.engine.conftest import ON_THIS_MACHINE
from tests.support.breakages import BREAKAGES, Breakage, broken_program
from tests.support.configuration import ROOT
from tests.support.engine import Project
from tests.support.programs import STACK, write_program


def stack_files() -> dict[str, bytes]:
    """What Pulumi would write to, by name."""
    return {file.name: file.read_bytes() for file in ROOT.glob("Pulumi*.yaml")}


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_a_preview_needs_no_account_and_changes_no_file(stack: str, cli: Cli) -> None:
    before = stack_files()

    shown = subprocess.run(  # noqa: S603 - what make preview runs
        [sys.executable, "-m", "engine.preview", stack],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert f"pulumi:pulumi:Stack storefront-{stack} create" in shown.stdout
    said = shown.stdout.partition("Policies:")[2]
    assert "storefront@v" in said
    assert "can't run policy" not in said
    assert said.count("checks wait for values that nobody knows yet") == 1
    assert stack_files() == before


def test_prod_with_inventory_on_eks_is_previewed_and_refused_where_nothing_runs_it() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "engine.preview", "prod", "--config", "inventory:platform=eks"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert shown.returncode == 0, shown.stdout + shown.stderr
    for created in (
        "apps/v1:Deployment",
        "helm.sh/v3:Release",
        "eks.amazonaws.com/v1:TargetGroupBinding",
    ):
        assert f"kubernetes:{created}" in shown.stdout, created
    assert "ecs:Service" not in shown.stdout


def test_a_stack_that_is_not_there_is_one_sentence() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "engine.preview", "staging"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert shown.returncode == 1
    assert shown.stderr.splitlines()[-1].startswith("preview: stack 'staging': there is no")


def test_a_violation_fails_the_preview_with_the_rule(project: Callable[..., Project]) -> None:
    unprotected = {**ON_THIS_MACHINE, "orders:table_deletion_protected": "false"}
    stack = project("prod", overrides=unprotected)

    shown = stack.preview("--policy-pack", str(ROOT / "policy"), code=None)

    assert shown.code != 0
    assert "table-deletion-protection" in shown.output
    assert "orders-data-table" in shown.output


@pytest.mark.parametrize("breakage", BREAKAGES, ids=str)
def test_a_mistake_in_a_component_fails_the_first_preview_with_rule_resource_and_remedy(
    breakage: Breakage, project: Callable[..., Project], tmp_path: Path
) -> None:
    root = broken_program(breakage, tmp_path)
    stack = project("dev", overrides=ON_THIS_MACHINE, program=root)

    shown = stack.preview("--policy-pack", str(root / "policy"), code=None)

    assert shown.code != 0
    mandatory = re.findall(r"\[mandatory\] +\[severity: \w+\] +(\S+)", shown.output)
    assert set(mandatory) == {breakage.rule}
    assert f"{breakage.rule}: {breakage.resource}: " in shown.output
    assert breakage.remedy in shown.output


FOREIGN = """
class Worker(pulumi.ComponentResource):
    def __init__(self, name):
        statements = [{"Effect": "Allow", "Action": ["s3:*"]}]
        super().__init__("foreign:index:Worker", name, {"iamStatements": statements})

aws.sqs.Queue("plain", name="plain", tags={"project": "foreign"})
Worker("worker")
"""


def test_the_pack_taken_alone_judges_a_foreign_program(
    project: Callable[..., Project], tmp_path: Path
) -> None:
    """As `policy/README.md` says: copy the folder, name the environment, empty the exemptions."""
    program = write_program(tmp_path / "foreign", FOREIGN)
    pack = program / "policy"
    shutil.copytree(ROOT / "policy", pack, ignore=shutil.ignore_patterns("__pycache__"))
    described = yaml.safe_load((pack / "PulumiPolicy.yaml").read_text())
    described["runtime"]["options"]["virtualenv"] = sys.prefix
    (pack / "PulumiPolicy.yaml").write_text(yaml.safe_dump(described))
    (pack / "exemptions.toml").write_text("")
    rules = pack / "rules" / "identity.py"
    rules.write_text(rules.read_text().replace("Name the actions one by one.", "Name each action."))
    (program / "levels.json").write_text(json.dumps({"required-tags": {"required": ["project"]}}))
    stack = project(STACK, program=program)

    shown = stack.preview(
        "--policy-pack", str(pack), "--policy-pack-config", str(program / "levels.json"), code=None
    )

    assert shown.code != 0
    mandatory = re.findall(r"\[mandatory\] +\[severity: \w+\] +(\S+)", shown.output)
    assert sorted(mandatory) == [
        *("no-star-actions", "queue-alarm", "queue-dead-letters", "queue-encrypted"),
    ]
    assert "no-star-actions: worker: Action s3:* is a pattern. Name each action." in shown.output
