"""Runs a buildspec as CodeBuild does: a clean clone, an empty home, phases in order.

A failing command ends its phase, whose `finally` still runs, and no later phase begins but for
`post_build` after a failed `build`. Reports and artifacts must exist where the buildspec says.
What stands in for something else is told in `substituted`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.configuration import ROOT
from tools.delivery.buildspec import Buildspec, Phase

_SECONDS = 300
_MAKING = (
    *("requirements-dev.txt", "tools/uv-requirements.txt"),
    *("tools/bootstrap.py", "tools/package_index.py"),
)
"""What .venv is made from: older than the one that is there, so that make leaves it alone."""
_PASSED_ON = ("PATH", "LANG", "TMPDIR")


@dataclass
class Build:
    """One build: where it runs, what it is told, and what became of it."""

    source: Path
    environment: Mapping[str, str]
    substituted: tuple[str, ...] = ()
    said: list[str] = field(default_factory=list)
    ran: list[str] = field(default_factory=list)
    """commands, in order"""
    succeeded: bool = True

    def run(self, spec: Buildspec) -> Build:
        """Every phase; nothing is raised for what fails."""
        for line in self.substituted:
            self._say(f"substituted: {line}")
        for phase in spec.phases:
            if self.succeeded or (phase.name == "post_build" and self._built):
                self._phase(spec, phase)
        if self.succeeded:
            self._collect(spec)
        return self

    @property
    def _built(self) -> bool:
        return any(line.startswith("phase build:") for line in self.said)

    def _phase(self, spec: Buildspec, phase: Phase) -> None:
        self._say(f"phase {phase.name}:")
        for command in phase.commands:
            if not self._command(spec, command):
                self.succeeded = False
                break
        for command in phase.last:
            self.succeeded = self._command(spec, command) and self.succeeded

    def _command(self, spec: Buildspec, command: str) -> bool:
        self.ran.append(command)
        done = subprocess.run(  # noqa: S603 - what the buildspec says
            ["/bin/sh", "-c", command],
            cwd=self.source,
            env={**spec.variables, **self.environment},
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        self._say(f"{command}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.returncode == 0

    def _collect(self, spec: Buildspec) -> None:
        wanted = [(report.base, report.files) for report in spec.reports]
        if spec.artifacts:
            wanted.append(spec.artifacts)
        for base, patterns in wanted:
            for pattern in patterns:
                if not any(path.is_file() for path in (self.source / base).glob(pattern)):
                    self._say(f"{base}/{pattern} was promised and is not there")
                    self.succeeded = False

    def _say(self, line: str) -> None:
        self.said.append(line)
        sys.stdout.write(f"{line}\n")

    @property
    def output(self) -> str:
        """All that was said."""
        return "\n".join(self.said)


def clean_build(directory: Path, *substituted: str, **told: str) -> Build:
    """A build of the last commit in a clone of its own, with an empty home.

    The environment of this repository stands in for the one that `make setup` would install.
    """
    source, home = directory / "source", directory / "home"
    home.mkdir(parents=True)
    git = ["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(source)]
    subprocess.run(git, check=True, timeout=_SECONDS)  # noqa: S603
    (source / ".venv").symlink_to(ROOT / ".venv")
    for name in _MAKING:
        os.utime(source / name, (0, 0))
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    installed = "make setup finds the environment of this checkout, and installs nothing"
    return Build(
        source,
        {**kept, "HOME": str(home), "CODEBUILD_SRC_DIR": str(source), **told},
        (installed, *substituted),
    )


def programs(directory: Path, scripts: Mapping[str, str]) -> Path:
    """A folder of executables that stand in for programs of the build's image."""
    folder = directory / "bin"
    folder.mkdir(parents=True)
    for name, text in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    return folder
