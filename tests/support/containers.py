"""An ECS and its processes in memory, for an agent to keep."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from local.ecs import Task
from local.errors import LocalRunError
from local.processes import TaskProcess
from local.resources import Cloud
from local.routes import Targets

_LEADING_SECONDS = 0.01
TASK = Task(
    service_arn="arn:service/shop/stock",
    service="stock",
    definition_arn="arn:task-definition/stock:1",
    container="api",
    image="shop/stock:1",
    command=("python", "-m", "stock.api"),
    environment={"STOCK_PORT": "8080"},
    role_arn="arn:role",
    container_port=8080,
    registry_arn=None,
    target_group_arn="arn:targets",
)


def revision(number: int) -> Task:
    """The task in another revision of its definition."""
    return replace(TASK, definition_arn=f"arn:task-definition/stock:{number}")


class _Roles:
    """Lends every role."""

    def assume_role(self, **request: object) -> dict[str, dict[str, str]]:
        """Credentials that open nothing."""
        names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
        return {"Credentials": dict.fromkeys(names, "none")}


def cloud_of_roles() -> Cloud:
    """A cloud that only gives credentials, without being asked over the network."""
    cloud = Cloud(endpoint="http://127.0.0.1:9", region="us-east-1", account_id="000000000000")
    cloud._clients["sts"] = _Roles()
    return cloud


class FakeProcess(TaskProcess):
    """A container that runs from its start until somebody sets `alive`."""

    alive = False
    protected = False

    def __init__(self, task: Task, url: str, broken: bool, calls: list[str]) -> None:
        self.task = task
        self.restarts = 0
        self.ending = ""
        self.broken = broken
        self._url = url
        self._calls = calls

    @property
    def url(self) -> str:
        """Where it says that it serves."""
        return self._url

    def start(self) -> None:
        """Run, unless it is broken."""
        self._calls.append(f"start {self._name}")
        if self.broken:
            raise LocalRunError("ended with code 1")
        self.alive = True

    def stop(self) -> None:
        """Run no longer."""
        self._calls.append(f"stop {self._name}")
        self.alive = False

    def last_words(self) -> str:
        """How every one of them ends."""
        return "ended with code 3: out of paper"

    @property
    def _name(self) -> str:
        return f"{self.task.definition} at {self._url}"


@dataclass
class FakeEcs:
    """Wants what a test says, launches processes, remembers where requests are led."""

    tasks: Sequence[Task] = ()
    broken: set[str] = field(default_factory=set)
    """definitions whose processes do not start"""
    failure: Exception | None = None
    """what it answers when asked"""
    calls: list[str] = field(default_factory=list)
    """starts and stops in their order, and where requests were led in between"""
    times_led: int = 0
    launched: list[FakeProcess] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def wanted(self) -> list[Task]:
        """See `Wishes.wanted`."""
        if self.failure is not None:
            raise self.failure
        return list(self.tasks)

    def follow(self, targets: Targets) -> None:
        """See `Ways.follow`; takes a moment, in which others go on."""
        threading.Event().wait(_LEADING_SECONDS)
        self.times_led += 1
        led = f"lead to {sorted(url for urls in targets.values() for url in urls)}"
        if led != next((call for call in reversed(self.calls) if "lead" in call), "lead to []"):
            self.calls.append(led)

    def launch(self, task: Task) -> FakeProcess:
        """The next process, at `a`, `b`, `c` …"""
        url = chr(ord("a") + len(self.launched))
        broken = task.definition in self.broken
        self.launched.append(FakeProcess(task, url, broken, self.calls))
        return self.launched[-1]

    def running(self) -> list[str]:
        """The definitions of the processes that run, in the order of their launch."""
        return [process.task.definition for process in self.launched if process.alive]
