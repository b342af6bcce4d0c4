"""A process that an agent keeps, and the comparison of what runs with what is wanted."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor

from local.ecs import Task
from local.processes import TaskProcess


class State(enum.IntEnum):
    """What is being done about a process; the least is kept longest when fewer are wanted."""

    RUNNING = 0
    STARTING = 1
    PAUSED = 2
    """it ended, or did not start, and waits for its next start"""
    STOPPING = 3


class Kept:
    """One process, its state, and the work under way for it in another thread."""

    def __init__(self, process: TaskProcess) -> None:
        self.process = process
        self.state = State.PAUSED
        self.due = 0.0
        """when a paused process starts again, on the monotonic clock"""
        self._work: Future[None] | None = None

    @property
    def task(self) -> Task:
        """The task that the process runs."""
        return self.process.task

    @property
    def settled(self) -> bool:
        """Whether no start or stop is under way."""
        return self._work is None or self._work.done()

    def begin(self, pool: ThreadPoolExecutor) -> None:
        """Start the process in another thread."""
        self.state = State.STARTING
        self._work = pool.submit(self.process.start)

    def end(self, pool: ThreadPoolExecutor) -> None:
        """Stop the process in another thread."""
        self.state = State.STOPPING
        self._work = pool.submit(self.process.stop)

    def result(self) -> None:
        """Wait for the work under way; raises what it raised. A process that started runs."""
        if self._work is not None:
            self._work.result()
        if self.state is State.STARTING:
            self.state = State.RUNNING


def compare(wanted: Iterable[Task], kept: Iterable[Kept]) -> tuple[list[Task], list[Kept]]:
    """The tasks that no process is kept for, and the processes that no task is wanted for."""
    missing, surplus = list(wanted), []
    for each in sorted(kept, key=lambda one: one.state):
        if each.task in missing:
            missing.remove(each.task)
        else:
            surplus.append(each)
    return missing, surplus
