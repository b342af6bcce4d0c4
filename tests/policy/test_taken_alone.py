"""The folder taken elsewhere: into another project, and to a program that no engine runs."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from policy import pack
from tests.policy.resources import queue
from tools.policy import analysis, process
from tools.policy.recording import Registration


def broken(analyzer: Any, *registrations: Registration) -> set[str]:
    """The rules that are violated."""
    return {one.rule for one in analysis.judge(analyzer, registrations).violations}


def test_the_folder_works_in_another_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = tmp_path / "foreign" / "policy"
    shutil.copytree(process.PACK, taken, ignore=shutil.ignore_patterns("__pycache__"))
    (taken / "exemptions.toml").write_text("")
    monkeypatch.chdir(tmp_path)

    with process.running("production", taken) as analyzer:
        assert "queue-encrypted" in broken(analyzer, queue(sqsManagedSseEnabled=False))
        assert "queue-encrypted" not in broken(analyzer, queue())


FOREIGN = """
import pulumi_aws as aws

aws.sqs.Queue("jobs", name="jobs", sqs_managed_sse_enabled=True, tags={tags})
"""


@pytest.mark.parametrize(
    ("program", "status", "says"),
    [
        (FOREIGN.format(tags={}), 1, "mandatory required-tags: jobs: tags lack project"),
        (FOREIGN.format(tags={}), 1, "mandatory queue-dead-letters: jobs: no redrivePolicy"),
        ("", 0, f"prod: {len(pack.rules())} rules, 0 resources, 0 findings (0 mandatory)"),
        ("raise ValueError('broken')", 2, "did not run under mocks: ValueError('broken')"),
    ],
)
def test_the_folder_judges_a_foreign_program_without_an_engine(
    program: str, status: int, says: str, tmp_path: Path
) -> None:
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(process.PACK, tmp_path / "policy", ignore=ignored)
    (tmp_path / "policy" / "exemptions.toml").write_text("")
    (tmp_path / "__main__.py").write_text(program)

    done = subprocess.run(
        [sys.executable, "-m", "policy.under_mocks"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == status, done.stderr
    assert says in done.stdout + done.stderr
