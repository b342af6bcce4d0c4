"""Ends what a run started when the run itself no longer can: even after it was killed.

A process of its own, started by path with the standard library alone, in a session of its own so
that Ctrl-C in a terminal does not reach it. It makes the run's directory and prints its path. Then
it reads one line for each process group of the run, `+<group> <signal>` when it is born and
`-<group>` when it has ended. The end of its input is the end of the run: every group left gets its
signal, then SIGKILL, and the directory goes.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress

GRACE_SECONDS = 1.0
_KILLED_SECONDS = 3.0
_POLL_SECONDS = 0.02
_REMOVALS = 50
_PREFIX = "storefront-"


def end_groups(groups: Iterable[tuple[int, int]]) -> None:
    """Send each process group its signal, last born first, and SIGKILL to what is then left."""
    left = [group for group, number in reversed(list(groups)) if _send(group, number)]
    left = _await_end(left, GRACE_SECONDS)
    left = [group for group in left if _send(group, signal.SIGKILL)]
    _await_end(left, _KILLED_SECONDS)


def remove(directory: str | os.PathLike[str]) -> None:
    """Remove the run's directory, although processes that are just ending may still write to it."""
    for _ in range(_REMOVALS):
        shutil.rmtree(directory, ignore_errors=True)
        if not os.path.exists(directory):  # noqa: PTH110 - pathlib would double the start time
            return
        time.sleep(_POLL_SECONDS)


def _await_end(groups: list[int], seconds: float) -> list[int]:
    deadline = time.monotonic() + seconds
    while groups and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        groups = [group for group in groups if _send(group, 0)]
        groups = _without_the_dead(groups)
    return groups


def _without_the_dead(groups: list[int]) -> list[int]:
    """The groups with a process that still runs; an orphan waits, dead, until init takes note."""
    if not groups or not os.path.exists("/proc/self/stat"):  # noqa: PTH110 - as below
        return groups
    running = set()
    for entry in os.listdir("/proc"):  # noqa: PTH208 - pathlib would double the start time
        if entry.isdigit():
            with suppress(OSError), open(f"/proc/{entry}/stat") as file:  # noqa: PTH123 - as above
                state, _, group = file.read().rpartition(")")[2].split()[:3]
                if state not in "ZX":
                    running.add(int(group))
    return [group for group in groups if group in running]


def _send(group: int, number: int) -> bool:
    """Whether the group still had a process to send `number` to."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    except PermissionError:
        return number == 0
    return True


def _watch() -> dict[int, int]:
    groups: dict[int, int] = {}
    for line in sys.stdin:
        if line.startswith("+"):
            group, _, number = line[1:].partition(" ")
            groups[int(group)] = int(number)
        else:
            groups.pop(int(line[1:]), None)
    return groups


def main() -> None:
    """Guard one run until its input ends."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    directory = tempfile.mkdtemp(prefix=_PREFIX)
    try:
        if os.geteuid() == 0:
            os.chmod(directory, 0o711)  # noqa: PTH101, S103 - root's PostgreSQL runs as another user
        with suppress(BrokenPipeError):
            sys.stdout.write(f"{directory}\n")
            sys.stdout.flush()
        end_groups(_watch().items())
    finally:
        remove(directory)


if __name__ == "__main__":
    main()
