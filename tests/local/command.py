"""`python -m local` as a test starts it, and whether it leaves something behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.local.customers import eventually

ROOT = Path(__file__).parents[2]
_SECONDS = 120


class Run:
    """A command that runs with `temporary` for its temporary files."""

    def __init__(self, temporary: Path, *arguments: str, root: Path = ROOT) -> None:
        self._temporary = temporary
        self.process = subprocess.Popen(  # noqa: S603 - the command under test
            [sys.executable, "-m", "local", *arguments],
            cwd=root,
            env={**os.environ, "TMPDIR": str(temporary)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def wait_for(self, words: str) -> str:
        """Read its output up to a line with `words`, and give that line."""
        assert self.process.stdout
        read = []
        for line in self.process.stdout:
            read.append(line)
            if words in line:
                return line
        pytest.fail(f"no line had {words!r}:\n{''.join(read)}")

    def wait_for_directory(self) -> None:
        """Wait until it has begun."""
        eventually(lambda: any(self._temporary.iterdir()), "the run has a directory")

    def end(self) -> tuple[int, str]:
        """Its exit code and the rest of its output."""
        output, _ = self.process.communicate(timeout=_SECONDS)
        return self.process.returncode, output

    def processes(self) -> list[psutil.Process]:
        """Everything that still runs and uses the temporary directory, the command aside."""
        return [
            process
            for process in psutil.process_iter()
            if process.pid != self.process.pid and self._uses(process)
        ]

    def assert_nothing_is_left(self) -> None:
        """Fails when a process or a file of the run is there a while after its end."""
        eventually(lambda: not self.processes(), "all processes of the run have ended", seconds=5)
        assert list(self._temporary.iterdir()) == []

    def _uses(self, process: psutil.Process) -> bool:
        try:
            temporary = process.environ().get("TMPDIR", "")
            return temporary.startswith(str(self._temporary)) and (
                process.status() != psutil.STATUS_ZOMBIE
            )
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return False
