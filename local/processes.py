"""Containers as local processes: what ECS would run, with the role and environment it would give.

A task definition's command runs on this interpreter, in the folder of its image. A port that the
container opens becomes a free one, on loopback: the variable that holds the container port says
`<PREFIX>_PORT`, and `<PREFIX>_HOST` beside it is set to 127.0.0.1.
"""

from __future__ import annotations

import json
import os
import re
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.children import Child, Children
from local.emulators import HOST, clean_environment, free_port
from local.errors import LocalRunError
from local.monitor import Deployment, Registration
from local.resources import Cloud
from local.resources.integrations import route_vpc_link

_HEALTH_PATH = "/health"
_START_SECONDS = 30
_POLL_SECONDS = 0.05
_STOP_SECONDS = 2.0
_WATCH_SECONDS = 0.2
_PAUSE_MAX_SECONDS = 30.0
_SESSION_SECONDS = 12 * 60 * 60
"""The longest session that AWS gives; the embedded AWS ends it as well."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """One container of one service: how it runs, and how others find it."""

    service: str
    """the ECS service's name"""
    image: str
    """repository@digest or repository:tag"""
    command: tuple[str, ...]
    environment: dict[str, str]
    role_arn: str
    container_port: int | None
    registry_arn: str | None
    """the Cloud Map service"""
    listener_arn: str | None
    """the load balancer's listener that forwards to it"""


def tasks_of(deployment: Deployment) -> list[Task]:
    """The containers of every registered ECS service, one for each task that is desired."""
    tasks = []
    for service in deployment.of_type("aws:ecs/service:Service"):
        wanted = service.outputs["taskDefinition"]
        definition = _one(deployment, "aws:ecs/taskDefinition:TaskDefinition", "arn", wanted)
        containers = json.loads(definition.inputs["containerDefinitions"])
        for container in containers:
            task = _task(deployment, service, definition, container)
            tasks += [task] * int(service.outputs.get("desiredCount", 1))
    return tasks


def _task(
    deployment: Deployment,
    service: Registration,
    definition: Registration,
    container: dict[str, Any],
) -> Task:
    ports = [mapping["containerPort"] for mapping in container.get("portMappings", [])]
    registry = service.inputs.get("serviceRegistries") or {}
    return Task(
        service=service.outputs["name"],
        image=container["image"],
        command=tuple(container["command"]),
        environment={entry["name"]: entry["value"] for entry in container.get("environment", [])},
        role_arn=definition.inputs["taskRoleArn"],
        container_port=int(ports[0]) if ports else None,
        registry_arn=registry.get("registryArn"),
        listener_arn=_listener_of(deployment, service, container["name"]),
    )


def _listener_of(deployment: Deployment, service: Registration, container: str) -> str | None:
    for target in service.inputs.get("loadBalancers") or []:
        for listener in deployment.of_type("aws:lb/listener:Listener"):
            actions = listener.inputs.get("defaultActions") or []
            groups = {action.get("targetGroupArn") for action in actions}
            if target["containerName"] == container and target["targetGroupArn"] in groups:
                return str(listener.outputs["arn"])
    return None


def _one(deployment: Deployment, token: str, key: str, value: str) -> Registration:
    for entry in deployment.of_type(token):
        if entry.outputs.get(key) == value:
            return entry
    raise LocalRunError(f"no {token} has {key} {value!r}; a service must name one of the program")


def folder_of(image: str, containers: Path) -> str:
    """The folder in `containers` that `image` is built from: `…/storefront-inventory@sha256:…` is
    `inventory`; raises LocalRunError when there is none."""
    repository = re.split(r"[@:]", image.rpartition("/")[2])[0]
    parts = repository.split("-")
    for start in range(len(parts)):
        name = "-".join(parts[start:])
        if (containers / name / "Dockerfile").is_file():
            return name
    raise LocalRunError(
        f"image {image!r}: no folder of {containers} is called like its repository; "
        "name the repository after the folder that holds its Dockerfile"
    )


class TaskProcess:
    """One task as a process; `start` returns when it is healthy and others can find it."""

    def __init__(self, task: Task, cloud: Cloud, children: Children, root: Path) -> None:
        self.task = task
        self.restarts = 0
        self.ending = ""
        """how it ended the last time"""
        self._cloud = cloud
        self._children = children
        self._root = root
        self._port = free_port() if task.container_port else None
        self._child: Child | None = None

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._child is not None and self._child.alive

    @property
    def pid(self) -> int:
        """The process's id; raises LocalRunError before the start."""
        if self._child is None:
            raise LocalRunError(f"{self.task.service} has not been started")
        return self._child.process.pid

    def start(self) -> None:
        """Raises LocalRunError with the last lines of its log when it ends at once."""
        folder_of(self.task.image, self._root / "containers")
        self._child = self._children.start(
            self.task.service,
            self._command(),
            environment=self._environment(),
            directory=self._root / "containers",
            log=self._children.directory / f"{self.task.service}.log",
        )
        if self._port is not None:
            self._await_health(self._child, self._port)
            self._publish(self._port)

    def stop(self) -> None:
        """End it, as ECS would: SIGTERM, and SIGKILL two seconds later."""
        if self._child is not None:
            self._children.end(self._child, _STOP_SECONDS)

    def require_unbroken(self) -> None:
        """Raise LocalRunError when it has ended, even if it was started again."""
        if self.ending or not self.alive:
            raise LocalRunError(f"{self.task.service} {self.ending or self.last_words()}")

    def last_words(self) -> str:
        """How it ended: its exit code and the end of its log."""
        if self._child is None:
            return "never started"
        code = self._child.process.returncode
        return f"ended with code {code}: {self._child.last_lines(3) or 'no output'}"

    def _command(self) -> list[str]:
        program, *arguments = self.task.command
        return [sys.executable if program.startswith("python") else program, *arguments]

    def _environment(self) -> dict[str, str]:
        credentials = self._cloud.client("sts").assume_role(
            RoleArn=self.task.role_arn,
            RoleSessionName=self.task.service,
            DurationSeconds=_SESSION_SECONDS,
        )["Credentials"]
        return {
            **clean_environment(self._children.directory),
            "AWS_ENDPOINT_URL": self._cloud.endpoint,
            "AWS_REGION": self._cloud.region,
            "AWS_DEFAULT_REGION": self._cloud.region,
            "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
            "AWS_SESSION_TOKEN": credentials["SessionToken"],
            "PYTHONPATH": os.pathsep.join(
                str(self._root / folder) for folder in ("containers", "lambdas")
            ),
            **self.task.environment,
            **self._address(),
        }

    def _address(self) -> dict[str, str]:
        if self._port is None:
            return {}
        wanted = str(self.task.container_port)
        for name, value in self.task.environment.items():
            if value == wanted and name.endswith("_PORT"):
                return {name: str(self._port), f"{name.removesuffix('PORT')}HOST": HOST}
        raise LocalRunError(
            f"{self.task.service} opens port {wanted}, and no variable <NAME>_PORT of its task "
            "definition says so: the local run cannot give it a free port"
        )

    def _await_health(self, child: Child, port: int) -> None:
        url = f"http://{HOST}:{port}{_HEALTH_PATH}"
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            child.require_alive()
            try:
                with urllib.request.urlopen(url, timeout=2):
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(_POLL_SECONDS)
        raise LocalRunError(
            f"{self.task.service} is not healthy after {_START_SECONDS} s:\n{child.last_lines()}"
        )

    def _publish(self, port: int) -> None:
        """Point the load balancer's callers at it, and register it in Cloud Map."""
        if self.task.listener_arn:
            route_vpc_link(self._cloud, self.task.listener_arn, f"http://{HOST}:{port}")
        if self.task.registry_arn:
            self._cloud.client("servicediscovery").register_instance(
                ServiceId=self.task.registry_arn.rpartition("/")[2],
                InstanceId=f"{self.task.service}-{port}",
                Attributes={"AWS_INSTANCE_IPV4": HOST, "AWS_INSTANCE_PORT": str(port)},
            )


class Supervisor:
    """Starts again what has ended, as ECS would: after 1 s, 2 s, 4 s … 30 s, and says so."""

    def __init__(self, processes: list[TaskProcess], say: Callable[[str], None]) -> None:
        self._processes = processes
        self._say = say
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._watch, args=(process,), daemon=True)
            for process in processes
        ]

    def start(self) -> None:
        """Watch from now on."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Watch no longer; nothing is started after this returns."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _watch(self, process: TaskProcess) -> None:
        while not self._stop.wait(_WATCH_SECONDS):
            if process.alive:
                continue
            pause = min(2.0**process.restarts, _PAUSE_MAX_SECONDS)
            process.ending = process.last_words()
            self._say(
                f"{process.task.service} {process.ending}\n"
                f"{process.task.service} starts again in {pause:g} s"
            )
            if self._stop.wait(pause):
                return
            process.restarts += 1
            self._restart(process)

    def _restart(self, process: TaskProcess) -> None:
        try:
            process.stop()
            process.start()
        except LocalRunError as error:
            self._say(str(error))
        else:
            self._say(f"{process.task.service} runs again (restart {process.restarts})")
