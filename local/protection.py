"""What the agent beside a Fargate task serves: the state of the task's scale-in protection.

`PUT $ECS_AGENT_URI/task-protection/v1/state` asks ECS with the role of the task, as on AWS, so
that a missing grant is refused; who is protected is remembered here, since the embedded ECS runs
no tasks. The embedded IAM judges a request to ECS by its cluster, AWS judges this one by its task:
the task is named as both.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.ecs import Task
from local.emulators import HOST
from local.resources import Cloud

_STATE = "/task-protection/v1/state"
_DEFAULT_MINUTES = 120


@dataclass
class _Beside:
    """One task, and until when it is protected."""

    arn: str
    credentials: Mapping[str, str]
    until: float = 0.0
    client: Any = None


class Protections:
    """Listens on loopback from the first task on; each task has an address of its own."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._tasks: dict[str, _Beside] = {}
        self._lock = threading.Lock()
        self._server: _Server | None = None

    def admit(self, task: Task, credentials: Mapping[str, str]) -> str:
        """The address for a new process of `task`: what ECS puts into `ECS_AGENT_URI`."""
        prefix, _, cluster = task.service_arn.rpartition("/")[0].partition(":service/")
        number = uuid.uuid4().hex
        path = f"/api/{number}"
        with self._lock:
            self._server = self._server or self._listen()
            self._tasks[path] = _Beside(f"{prefix}:task/{cluster}/{number}", credentials)
        return f"http://{HOST}:{self._server.server_port}{path}"

    def protects(self, uri: str) -> bool:
        """Whether the task with that address is protected at this moment."""
        beside = self._tasks.get(uri[uri.rfind("/api/") :])
        return beside is not None and time.monotonic() < beside.until

    def close(self) -> None:
        """Serve no longer."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    def change(self, path: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Do what the PUT asks for; raises KeyError, ValueError, ClientError, BotoCoreError."""
        beside = self._tasks[path.removesuffix(_STATE)]
        protected, minutes = wanted["ProtectionEnabled"], wanted.get("ExpiresInMinutes")
        if not isinstance(protected, bool):
            raise ValueError("ProtectionEnabled must be true or false")
        expiry = {"expiresInMinutes": minutes} if minutes is not None else {}
        self._client(beside).update_task_protection(
            cluster=beside.arn, tasks=[beside.arn], protectionEnabled=protected, **expiry
        )
        seconds = 60 * (minutes or _DEFAULT_MINUTES) if protected else 0
        beside.until = time.monotonic() + seconds
        return {"protection": {"ProtectionEnabled": protected, "TaskArn": beside.arn}}

    def _client(self, beside: _Beside) -> Any:
        with self._lock:
            beside.client = beside.client or self._cloud.client_as("ecs", beside.credentials)
            return beside.client

    def _listen(self) -> _Server:
        server = _Server(self)
        threading.Thread(target=server.serve_forever, daemon=True, name="protections").start()
        return server


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, protections: Protections) -> None:
        super().__init__((HOST, 0), _Handler)
        self.protections = protections


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_PUT(self) -> None:
        """Answer as the agent does: what is so now, or why it is not."""
        length = int(self.headers.get("Content-Length", 0))
        try:
            wanted = json.loads(self.rfile.read(length))
            self._answer(HTTPStatus.OK, self.server.protections.change(self.path, wanted))
        except ClientError as error:
            self._answer(HTTPStatus.BAD_REQUEST, {"error": error.response["Error"]})
        except (KeyError, ValueError, BotoCoreError) as error:
            self._answer(HTTPStatus.BAD_REQUEST, {"error": {"Message": str(error)}})

    def log_message(self, format: str, *args: object) -> None:
        """The tasks' own logs say enough."""

    def _answer(self, status: HTTPStatus, body: Mapping[str, Any]) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
