"""Runs the real Pulumi CLI as its users do, and reads what it says it did."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.cli import Cli, find
from engine.project import copy_project
from tests.support.configuration import ROOT

_SECONDS = 300
UNCHANGED = ("same", "read", "refresh")


@dataclass(frozen=True)
class Step:
    """What the engine did, or would do, with one resource."""

    op: str
    type: str
    name: str
    changed: tuple[str, ...]
    """paths of the properties that differ"""


@dataclass(frozen=True)
class Run:
    """A finished command."""

    code: int
    output: str
    """what the user sees, both streams"""
    steps: tuple[Step, ...]
    seconds: float

    def changes(self) -> set[tuple[str, str]]:
        """Operation and logical name of every resource that did not stay as it was."""
        return {(step.op, step.name) for step in self.steps if step.op not in UNCHANGED}


class Project:
    """One stack with a state of its own; `program` is the repository whose program it runs."""

    def __init__(
        self,
        cli: Cli,
        directory: Path,
        stack: str,
        *,
        cloud: Path | None = None,
        overrides: Mapping[str, str] | None = None,
        program: Path = ROOT,
    ) -> None:
        directory.mkdir()
        (directory / "state").mkdir()
        copy_project(program, stack, directory, overrides)
        self.stack = stack
        self.directory = directory
        self._cli = cli
        self._environment = self._surroundings(cloud)
        self.pulumi("stack", "init", stack)

    def pulumi(self, *arguments: str, code: int | None = 0) -> Run:
        """Run the command to its end; its exit code must be `code`, None for any."""
        began = time.perf_counter()
        process = self.start(*arguments)
        output, _ = process.communicate(timeout=_SECONDS)
        run = Run(process.returncode, output, (), time.perf_counter() - began)
        assert code is None or run.code == code, f"pulumi {' '.join(arguments)}:\n{output}"
        return run

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """The command as a process that leads a group of its own."""
        return subprocess.Popen(  # noqa: S603 - the CLI that was found
            [str(self._cli.path), *arguments, "--non-interactive", "--color", "never"],
            cwd=self.directory,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def preview(self, *arguments: str, code: int | None = 0) -> Run:
        """`pulumi preview`, with its steps."""
        return self._logged("preview", *arguments, code=code)

    def up(self, *arguments: str, code: int | None = 0) -> Run:
        """`pulumi up`, with its steps."""
        return self._logged("up", "--yes", "--skip-preview", *arguments, code=code)

    def refresh(self) -> Run:
        """`pulumi refresh`, with its steps."""
        return self._logged("refresh", "--yes", "--skip-preview")

    def destroy(self, code: int | None = 0) -> Run:
        """`pulumi destroy`, with its steps."""
        return self._logged("destroy", "--yes", "--skip-preview", code=code)

    def state(self) -> dict[str, Any]:
        """The deployment as `pulumi stack export` shows it: secrets encrypted."""
        exported: dict[str, Any] = json.loads(self.pulumi("stack", "export").output)
        deployment: dict[str, Any] = exported["deployment"]
        return deployment

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs, secrets in clear."""
        shown = self.pulumi("stack", "output", "--json", "--show-secrets").output
        found: dict[str, Any] = json.loads(shown)
        return found

    def configure(self, key: str, value: str) -> None:
        """Set one value of the copied configuration."""
        self.pulumi("config", "set", key, value)

    def _logged(self, *arguments: str, code: int | None = 0) -> Run:
        log = self.directory / f"events-{secrets.token_hex(4)}.json"
        run = self.pulumi(*arguments, "--event-log", str(log), code=code)
        return Run(run.code, run.output, tuple(_steps(log)), run.seconds)

    def _surroundings(self, cloud: Path | None) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AWS_", "PULUMI_", "COV_", "STOREFRONT_"))
        }
        own = {
            "PULUMI_BACKEND_URL": (self.directory / "state").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "of-a-test",
            "PULUMI_DEBUG_COMMANDS": "true",
            **({"STOREFRONT_CLOUD": str(cloud)} if cloud else {}),
        }
        return {**kept, **own, **self._cli.environment({**kept, **own})}


def find_cli() -> Cli:
    """The CLI that `make engine` finds or builds."""
    return find(lambda line: print(line, file=sys.stderr))  # noqa: T201 - a build takes minutes


def _steps(log: Path) -> Iterator[Step]:
    if not log.exists():
        return
    for line in log.read_text().splitlines():
        metadata = json.loads(line).get("resourcePreEvent", {}).get("metadata")
        if metadata:
            yield Step(
                op=metadata["op"],
                type=metadata["type"],
                name=metadata["urn"].rpartition("::")[2],
                changed=tuple(sorted(metadata.get("detailedDiff") or {})),
            )
