"""Containers as local processes: what ECS would run, with the role and environment it would give.

A task definition's command runs on this interpreter, in the folder of its image. A port that the
container opens becomes a free one, on loopback: the variable that holds the container port says
`<PREFIX>_PORT`, and `<PREFIX>_HOST` beside it is set to 127.0.0.1.
"""

from __future__ import annotations

import itertools
import os
import re
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from botocore.exceptions import ClientError

from local.children import Child, Children
from local.ecs import Task
from local.emulators import HOST, clean_environment, free_port
from local.errors import LocalRunError
from local.protection import Protections
from local.resources import Cloud
from local.resources.lifecycle import is_gone

_HEALTH_PATH = "/health"
_START_SECONDS = 30
_POLL_SECONDS = 0.05
_STOP_SECONDS = 2.0
_SESSION_SECONDS = 12 * 60 * 60
"""The longest session that AWS gives; the embedded AWS ends it as well."""
_numbers = itertools.count(1)
"""Tells the logs of a service's processes apart."""


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

    def __init__(
        self,
        task: Task,
        cloud: Cloud,
        children: Children,
        root: Path,
        protections: Protections | None = None,
    ) -> None:
        self.task = task
        self.restarts = 0
        self.ending = ""
        """how it ended the last time"""
        self._cloud = cloud
        self._children = children
        self._root = root
        self._protections = protections
        self._agent_uri = ""
        self._log = children.directory / f"{task.service}-{next(_numbers)}.log"
        self._port = free_port() if task.container_port else None
        self._child: Child | None = None
        self._registered: tuple[str, str] | None = None
        """its Cloud Map service and instance, from the moment that it is healthy"""

    @property
    def url(self) -> str | None:
        """Where it serves; None when it opens no port."""
        return f"http://{HOST}:{self._port}" if self._port is not None else None

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._child is not None and self._child.alive

    @property
    def protected(self) -> bool:
        """Whether it has said that it is at work: it is not stopped for being one too many."""
        return self._protections is not None and self._protections.protects(self._agent_uri)

    @property
    def pid(self) -> int:
        """The process's id; raises LocalRunError before the start."""
        if self._child is None:
            raise LocalRunError(f"{self.task.service} has not been started")
        return self._child.process.pid

    def start(self) -> None:
        """Raises LocalRunError, and leaves nothing running, when it does not become healthy."""
        folder_of(self.task.image, self._root / "containers")
        self._child = self._children.start(
            self.task.service,
            self._command(),
            environment=self._environment(),
            directory=self._root / "containers",
            log=self._log,
        )
        if self._port is not None:
            try:
                self._await_health(self._child, self._port)
            except LocalRunError:
                self._children.end(self._child)
                raise
            self._register(self._port)

    def stop(self) -> None:
        """End it, as ECS would: others find it no longer, SIGTERM, SIGKILL two seconds later."""
        if self._registered is not None:
            self._deregister(*self._registered)
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
        if not self.task.command:
            raise LocalRunError(
                f"task definition {self.task.definition} gives container {self.task.container} no "
                "command, and the local run does not read images: say the command"
            )
        program, *arguments = self.task.command
        return [sys.executable if program.startswith("python") else program, *arguments]

    def _environment(self) -> dict[str, str]:
        if self.task.role_arn is None:
            raise LocalRunError(
                f"task definition {self.task.definition} has no taskRoleArn: give it a role, "
                "else its containers may do nothing"
            )
        credentials = self._cloud.client("sts").assume_role(
            RoleArn=self.task.role_arn,
            RoleSessionName=self.task.service,
            DurationSeconds=_SESSION_SECONDS,
        )["Credentials"]
        if self._protections is not None:
            self._agent_uri = self._protections.admit(self.task, credentials)
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
            **({"ECS_AGENT_URI": self._agent_uri} if self._agent_uri else {}),
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

    def _register(self, port: int) -> None:
        if self.task.registry_arn is None:
            return
        service = self.task.registry_arn.rpartition("/")[2]
        instance = f"{self.task.service}-{port}"
        self._cloud.client("servicediscovery").register_instance(
            ServiceId=service,
            InstanceId=instance,
            Attributes={"AWS_INSTANCE_IPV4": HOST, "AWS_INSTANCE_PORT": str(port)},
        )
        self._registered = service, instance

    def _deregister(self, service: str, instance: str) -> None:
        client = self._cloud.client("servicediscovery")
        try:
            client.deregister_instance(ServiceId=service, InstanceId=instance)
        except ClientError as error:
            if not is_gone(error):
                raise
        self._registered = None
