"""Processes that the language host starts and that never outlive it.

They stay in the host's process group: what the engine sends to the group, at Ctrl-C or to kill a
host that does not answer, reaches them too.
"""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

GRACE_SECONDS = 2.0
"""Between SIGINT and SIGKILL; the engine kills a host that takes more than 5 s to end."""


class Children:
    """The running children; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._ended = False

    def start(
        self,
        command: Sequence[str],
        *,
        directory: Path,
        environment: Mapping[str, str],
        stdin: int = subprocess.DEVNULL,
        output: IO[bytes] | int | None = None,
    ) -> subprocess.Popen[bytes]:
        """A new child; its stdout and stderr are the host's unless `output` says PIPE.

        Raises OSError when it cannot start, InterruptedError when the host is ending.
        """
        with self._lock:
            if self._ended:
                raise InterruptedError("the language host is ending and starts nothing more")
            child = subprocess.Popen(  # noqa: S603 - the interpreter, with our own arguments
                command,
                cwd=directory,
                env=dict(environment),
                stdin=stdin,
                stdout=output,
                stderr=output,
            )
            self._running.add(child)
        return child

    def wait(self, child: subprocess.Popen[bytes]) -> int:
        """Its exit code, negative when a signal ended it; the child is forgotten."""
        code = child.wait()
        with self._lock:
            self._running.discard(child)
        return code

    def interrupt(self, *children: subprocess.Popen[bytes]) -> None:
        """Send SIGINT to `children`, or to all, and SIGKILL to what is left after the grace."""
        with self._lock:
            chosen = list(children or self._running)
        for child in chosen:
            child.send_signal(signal.SIGINT)
        deadline = time.monotonic() + GRACE_SECONDS
        for child in chosen:
            with suppress(subprocess.TimeoutExpired):
                child.wait(max(0.0, deadline - time.monotonic()))
            child.kill()

    def end(self) -> None:
        """Interrupt every child; none can be started any more."""
        with self._lock:
            self._ended = True
        self.interrupt()
