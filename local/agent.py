"""Does for the containers what ECS does: the processes that run are the tasks that are wanted.

A new task starts before the one it replaces stops. What ended starts again after 1 s, 2 s, 4 s …
30 s. A task definition that does not start replaces nothing: the old processes go on.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol, Self

from botocore.exceptions import BotoCoreError, ClientError

from local.children import Children
from local.console import Say
from local.ecs import Ecs, Task
from local.errors import LocalRunError
from local.kept import Kept, State, compare
from local.processes import TaskProcess
from local.protection import Protections
from local.resources import Cloud
from local.routes import Routes, Targets

ROOT = Path(__file__).resolve().parents[1]
_TROUBLES = (LocalRunError, BotoCoreError, ClientError, OSError)
_WATCH_SECONDS = 0.2
_FOLLOW_SECONDS = 0.5
_EARLY_SECONDS = 0.1
_PAUSE_MAX_SECONDS = 30.0
_THREADS = 8


class Wishes(Protocol):
    """Says which tasks are wanted; `local.ecs.Ecs` asks the embedded AWS."""

    def wanted(self) -> list[Task]:
        """Every task, as often as it shall run."""


class Ways(Protocol):
    """Leads requests to processes; `local.routes.Routes` points VPC links."""

    def follow(self, targets: Targets) -> None:
        """For each target group, where its healthy processes serve."""


class Agent:
    """Keeps processes for what `wishes` wants, and `ways` leading to them.

    A thread of its own decides, others start and stop: `begin_early` and `bring_up` first, one
    after the other, then at most one of `supervise` and `follow`.
    """

    def __init__(
        self,
        wishes: Wishes,
        ways: Ways,
        launch: Callable[[Task], TaskProcess],
        say: Say,
        protections: Protections | None = None,
    ) -> None:
        self._wishes = wishes
        self._ways = ways
        self._launch = launch
        self._say = say
        self._protections = protections
        self._kept: list[Kept] = []
        self._wanted: list[Task] = []
        self._routed: Targets | None = None
        """where the ways led last; None: they are to be led again"""
        self._trouble = ""
        self._asked = 0.0
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="container")

    @classmethod
    def of(cls, cloud: Cloud, children: Children, say: Say) -> Self:
        """An agent for the ECS of `cloud`; its processes belong to the run of `children`."""
        protections = Protections(cloud)

        def launch(task: Task) -> TaskProcess:
            return TaskProcess(task, cloud, children, ROOT, protections)

        return cls(Ecs(cloud), Routes(cloud), launch, say, protections)

    @property
    def processes(self) -> list[TaskProcess]:
        """The processes of all tasks, those that just start or stop included."""
        return [kept.process for kept in self._kept]

    def begin_early(self, over: threading.Event) -> None:
        """Start each task as soon as it is wanted, until `over`; `bring_up` waits for them."""
        while not over.wait(_EARLY_SECONDS):
            self._begin_missing()

    def bring_up(self) -> None:
        """Start what is wanted now, side by side; raises LocalRunError when one does not start."""
        self._begin_missing()
        for kept in self._kept:
            kept.result()
        self._route()

    def supervise(self) -> None:
        """From now on, start again what ends; what is wanted stays as it is."""
        self._run(self._watch)

    def follow(self) -> None:
        """From now on, also ask what is wanted, and start and stop accordingly."""
        self._run(self._ask, self._reconcile, self._watch)

    def stop(self) -> None:
        """Watch no longer; the processes are left to their run."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
        self._pool.shutdown(wait=False, cancel_futures=True)
        if self._protections is not None:
            self._protections.close()

    def _begin_missing(self) -> None:
        self._wanted = self._wishes.wanted()
        missing, _ = compare(self._wanted, self._kept)
        for task in missing:
            self._kept.append(Kept(self._launch(task)))
            self._kept[-1].begin(self._pool)

    def _run(self, *steps: Callable[[], None]) -> None:
        def loop() -> None:
            while not self._ended.wait(_WATCH_SECONDS):
                if all([self._try(step) for step in steps]):
                    self._trouble = ""

        self._thread = threading.Thread(target=loop, daemon=True, name="agent")
        self._thread.start()

    def _try(self, step: Callable[[], None]) -> bool:
        """Whether `step` went well; a trouble that lasts is told once."""
        try:
            step()
        except _TROUBLES as error:
            if str(error) != self._trouble:
                self._trouble = str(error)
                self._say(self._trouble)
            return False
        return True

    def _ask(self) -> None:
        if time.monotonic() >= self._asked + _FOLLOW_SECONDS:
            self._asked = time.monotonic()
            self._wanted = self._wishes.wanted()
            self._routed = None

    def _reconcile(self) -> None:
        """Start what is missing; stop what is too much once what is wanted in its place runs.

        A process that is protected goes on until it says that it is not.
        """
        current = [kept for kept in self._kept if kept.state is not State.STOPPING]
        missing, surplus = compare(self._wanted, current)
        for task in missing:
            kept = Kept(self._launch(task))
            self._kept.append(kept)
            self._say(f"{task.service} starts: task definition {task.definition}")
            kept.begin(self._pool)
        unsettled = {
            kept.task.service_arn
            for kept in self._kept
            if kept not in surplus and kept.state in (State.STARTING, State.PAUSED)
        }
        self._end(
            [
                kept
                for kept in surplus
                if kept.settled
                and not (kept.state is State.RUNNING and kept.process.protected)
                and (kept.state is State.PAUSED or kept.task.service_arn not in unsettled)
            ]
        )

    def _end(self, surplus: list[Kept]) -> None:
        """Stop processes, after leading the requests away from them."""
        for kept in surplus:
            kept.state = State.STOPPING
            self._say(f"{kept.task.service} stops: {self._reason(kept.task)}")
        try:
            if surplus:
                self._route()
        finally:
            for kept in surplus:
                kept.end(self._pool)

    def _reason(self, task: Task) -> str:
        wanted = [each for each in self._wanted if each.service_arn == task.service_arn]
        if not wanted:
            return "no task of the service is wanted"
        if task in wanted:
            return f"of its tasks {len(wanted)} are wanted"
        return f"task definition {wanted[0].definition} has replaced {task.definition}"

    def _watch(self) -> None:
        """Take note of what has started, stopped or ended; start again what is due."""
        for kept in list(self._kept):
            if not kept.settled:
                continue
            match kept.state:
                case State.STARTING:
                    self._started(kept)
                case State.STOPPING:
                    self._kept.remove(kept)
                    kept.result()
                case State.RUNNING if not kept.process.alive:
                    self._pause(kept, kept.process.last_words())
                case State.PAUSED if time.monotonic() >= kept.due:
                    kept.process.restarts += 1
                    kept.begin(self._pool)
        if self._routed is None or self._targets() != self._routed:
            self._route()

    def _started(self, kept: Kept) -> None:
        try:
            kept.result()
        except _TROUBLES as error:
            self._pause(kept, f"does not start: {error}")
        else:
            restarts = kept.process.restarts
            again = f" again (restart {restarts})" if restarts else ""
            self._say(f"{kept.task.service} runs{again}")

    def _pause(self, kept: Kept, why: str) -> None:
        """Start it again later; until then nobody is led to it."""
        pause = min(2.0**kept.process.restarts, _PAUSE_MAX_SECONDS)
        kept.process.ending = why
        kept.state = State.PAUSED
        kept.due = time.monotonic() + pause
        service = kept.task.service
        self._say(f"{service} {why}\n{service} starts again in {pause:g} s")
        kept.process.stop()

    def _route(self) -> None:
        targets = self._targets()
        self._ways.follow(targets)
        self._routed = targets

    def _targets(self) -> dict[str, list[str]]:
        targets: dict[str, list[str]] = defaultdict(list)
        for kept in self._kept:
            group, url = kept.task.target_group_arn, kept.process.url
            if kept.state is State.RUNNING and group and url:
                targets[group].append(url)
        return dict(targets)
