"""The CLI, empty clouds to deploy onto, and stacks with a state of their own."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from engine.cli import Cli
from local.cloud_file import load
from local.resources import Cloud
from tests.local.command import Run
from tests.support.aws_contents import Contents, contents
from tests.support.engine import Project, find_cli

ON_THIS_MACHINE = {
    "platform:package_python": "host",
    "platform:package_architecture": "host",
    "notifications:http_snap_start": "false",
    "inventory:image": (
        f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/storefront/inventory@sha256:{'1' * 64}"
    ),
}
"""Functions run on this interpreter here, whatever the stack is made for; SnapStart wants 3.12.
The stack files hold an image that an engine refuses to deploy."""


@dataclass
class RunningCloud:
    """What `make cloud` started."""

    file: Path
    aws: Cloud
    empty: Contents
    """what it holds when nothing is deployed"""

    def contents(self) -> Contents:
        """What it holds now."""
        return contents(self.aws)


@pytest.fixture(scope="session")
def cli() -> Cli:
    """The CLI that users get, too."""
    return find_cli()


@pytest.fixture
def start_cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], RunningCloud]]:
    """Starts a cloud of a region; at the end nothing of it is left."""
    with tempfile.TemporaryDirectory(prefix="sf-") as name:
        Path(name).chmod(0o711)
        runs: list[Run] = []

        def start(region: str) -> RunningCloud:
            runs.append(Run(Path(name), "cloud", "--region", region))
            line = runs[-1].wait_for("export STOREFRONT_CLOUD=")
            runs[-1].wait_for("Ctrl-C ends it all")
            file = Path(line.strip().partition("=")[2])
            monkeypatch.setenv("STOREFRONT_CLOUD", str(file))
            aws = load()
            return RunningCloud(file, aws, contents(aws))

        yield start
        for run in runs:
            run.process.terminate()
            run.end()
            run.assert_nothing_is_left()


@pytest.fixture
def project(cli: Cli, tmp_path: Path) -> Callable[..., Project]:
    """Makes stacks; see `Project`."""

    def make(stack: str, **arguments: Any) -> Project:
        return Project(cli, tmp_path / f"project-{stack}", stack, **arguments)

    return make
