"""`make policy` as a command, over programs with a mistake in a component."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.breakages import BREAKAGES, Breakage, broken_program


@pytest.mark.parametrize("breakage", BREAKAGES, ids=str)
def test_a_mistake_in_a_component_fails_with_rule_resource_and_remedy(
    breakage: Breakage, tmp_path: Path
) -> None:
    root = broken_program(breakage, tmp_path)

    judged = subprocess.run(
        [sys.executable, "-m", "tools.policy", "--format", "json"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )

    assert judged.returncode == 1, judged.stderr
    reports = json.loads(judged.stdout)
    for stack in ("dev", "prod"):
        failures = [one for one in reports[stack]["violations"] if one["mandatory"]]
        assert {one["rule"] for one in failures} == {breakage.rule}, stack
        named = {one["resource"].rpartition("::")[2]: one["message"] for one in failures}
        assert breakage.remedy in named[breakage.resource]
