"""inventory's processes, started as the platform starts them, against a queue and table of ours."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.support.configuration import ROOT
from tests.support.inventory import order_confirmed

PATIENCE = 15.0
SOURCES = (ROOT / "lambdas", ROOT / "containers")


class FakeAws(ThreadingHTTPServer):
    """A queue with one message, and a table that answers when it `may_answer`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _FakeAwsHandler)
        self.messages = [order_confirmed("o1").encode()]
        self.asked = threading.Event()
        self.may_answer = threading.Event()
        self.deleted = threading.Event()
        self.calls: list[str] = []

    def answer(self, operation: str) -> dict[str, Any]:
        self.calls.append(operation)
        match operation:
            case "ReceiveMessage" if self.messages:
                received = {
                    "MessageId": "m1",
                    "ReceiptHandle": "r1",
                    "Body": self.messages.pop(),
                    "Attributes": {"ApproximateReceiveCount": "1"},
                }
                return {"Messages": [received]}
            case "ReceiveMessage":
                self.deleted.wait(PATIENCE)
                return {}
            case "GetItem":
                self.asked.set()
                self.may_answer.wait(PATIENCE)
                reservation = {
                    "order_id": {"S": "o1"},
                    "correlation_id": {"S": "correlation-1"},
                    "status": {"S": "RELEASED"},
                }
                return {"Item": reservation}
            case "DeleteMessageBatch":
                self.deleted.set()
                return {}
            case _:
                return {"Items": []}


class _FakeAwsHandler(BaseHTTPRequestHandler):
    server: FakeAws

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        operation = self.headers["x-amz-target"].rpartition(".")[2]
        body = json.dumps(self.server.answer(operation)).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the test's output clean."""


@contextmanager
def process_of(
    module: str,
    environment: dict[str, str],
    *,
    paths: Sequence[Path] = SOURCES,
    flags: Sequence[str] = (),
) -> Iterator[subprocess.Popen[str]]:
    """The process, killed at the end if it still runs; `paths` is where its code is."""
    process = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, *flags, "-m", module],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(map(str, paths)),
            "PYTHONDONTWRITEBYTECODE": "1",
            "POWERTOOLS_SERVICE_NAME": "inventory",
            "POWERTOOLS_METRICS_NAMESPACE": "Storefront",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "INVENTORY_TABLE_NAME": "inventory",
            "INVENTORY_RESERVATION_TTL_SECONDS": "60",
            **environment,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def read_until(text: str, process: subprocess.Popen[str]) -> None:
    """Read what it prints up to `text`; raises AssertionError with all of it otherwise."""
    assert process.stdout
    read = []
    for line in process.stdout:
        read.append(line)
        if text in line:
            return
    raise AssertionError("".join(read))
