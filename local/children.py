"""Child processes that never outlive this one.

Each child leads a process group of its own. `Children` knows a child from its birth, and so does
its guardian, a process that ends all of them when this one is killed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from local import guardian
from local.errors import LocalRunError

_GUARDIAN_SECONDS = 10


class Child:
    """A running child process and the file its output goes to."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        directory: Path,
        log: Path,
        user: str | None = None,
    ) -> None:
        self.name = name
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(  # noqa: S603 - commands of this program only
                command,
                env=dict(environment),
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=user,
            )

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None

    def last_lines(self, count: int = 5) -> str:
        """The end of what it printed."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join(lines[-count:])

    def require_alive(self) -> None:
        """Raise LocalRunError with its last lines if it has ended."""
        if not self.alive:
            reason = f"{self.name} ended with code {self.process.returncode}"
            raise LocalRunError("\n".join(filter(None, (self.last_lines(), reason))))

    def signal(self, number: signal.Signals) -> None:
        """Send `number` to it and all its own children; one that has gone is fine."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, number)

    def stop(self, grace_seconds: float) -> None:
        """Ask it to end, and kill what has not ended in time."""
        if self.alive and grace_seconds > 0:
            self.signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(grace_seconds)
        self.signal(signal.SIGKILL)
        self.process.wait()


class Children:
    """The processes of one run and its directory; `stop` ends the first and removes the second.

    No child is born once the end has begun. Safe to use from several threads.
    """

    def __init__(self) -> None:
        self._born: dict[Child, signal.Signals] = {}
        self._lock = threading.Lock()
        self._ended = False
        self._guardian = subprocess.Popen(  # noqa: S603 - our own script
            [sys.executable, "-I", "-S", guardian.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )
        line = self._guardian.stdout.readline() if self._guardian.stdout else ""
        if not line:
            raise LocalRunError("no temporary directory can be made: set TMPDIR to a writable one")
        self.directory = Path(line.rstrip("\n"))

    @property
    def guardian_pid(self) -> int:
        """The process that ends the run when this one cannot."""
        return self._guardian.pid

    def start(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        directory: Path,
        log: Path,
        user: str | None = None,
        ends_with: signal.Signals = signal.SIGKILL,
    ) -> Child:
        """A new child, to which `ends_with` is sent at the end; raises LocalRunError after it."""
        with self._lock:
            if self._ended:
                raise LocalRunError(f"{name} is not started: the run has ended")
            child = Child(
                name,
                command,
                environment=environment,
                directory=directory,
                log=log,
                user=user,
            )
            self._born[child] = ends_with
            self._tell(f"+{child.process.pid} {int(ends_with)}")
        return child

    def end(self, child: Child, grace_seconds: float = 0) -> None:
        """End one child, or what is left of its group; it is forgotten."""
        child.stop(grace_seconds)
        with self._lock:
            if self._born.pop(child, None) is not None:
                self._tell(f"-{child.process.pid}")

    def stop(self) -> None:
        """End every child and remove the directory; a second call waits for the first."""
        with self._lock:
            if self._ended:
                return
            self._ended = True
            reapers = [threading.Thread(target=child.process.wait) for child in self._born]
            for reaper in reapers:
                reaper.start()
            self._close_guardian()
            for reaper in reapers:
                reaper.join(_GUARDIAN_SECONDS)

    def _tell(self, line: str) -> None:
        if self._guardian.stdin:
            with suppress(OSError):
                self._guardian.stdin.write(f"{line}\n")
                self._guardian.stdin.flush()

    def _close_guardian(self) -> None:
        """The guardian does the work; what it leaves, because it was killed, is done here."""
        for pipe in (self._guardian.stdin, self._guardian.stdout):
            if pipe:
                with suppress(OSError):
                    pipe.close()
        self._guardian.wait()
        if self._guardian.returncode:
            guardian.end_groups((child.process.pid, end) for child, end in self._born.items())
            guardian.remove(self.directory)
