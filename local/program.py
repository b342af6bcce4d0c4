"""The Pulumi program of a run, in a process of its own (`local.deploying`)."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import msgspec

from local.children import Children
from local.deployment import Deployment, Result
from local.errors import LocalRunError

_ROOT = Path(__file__).resolve().parents[1]
_POLL_SECONDS = 0.01


class Program:
    """Runs from its birth; waits for the cloud that `cloud_file` will describe."""

    def __init__(self, children: Children, cloud_file: Path) -> None:
        self._result = children.directory / "deployment.json"
        self._child = children.start(
            "the Pulumi program",
            [sys.executable, "-m", "local.deploying", str(cloud_file), str(self._result)],
            environment=os.environ,
            directory=_ROOT,
            log=children.directory / "program.log",
        )

    def deployment(self) -> Deployment:
        """What it made, once it has run; raises LocalRunError when it failed."""
        while not self._result.exists():
            if not self._child.alive and not self._result.exists():
                self._child.require_alive()
            time.sleep(_POLL_SECONDS)
        result = msgspec.json.decode(self._result.read_bytes(), type=Result)
        if result.deployment is None:
            error = LocalRunError(result.failure)
            error.add_note(result.traceback)
            raise error
        return result.deployment

    def wait(self) -> None:
        """Return when the functions are warm; raises LocalRunError when one does not start."""
        if self._child.process.wait():
            raise LocalRunError(self._child.last_lines(1))

    def said(self) -> str:
        """Everything that it has printed."""
        return self._child.log.read_text(errors="replace").strip()
