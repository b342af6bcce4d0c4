"""inventory's two processes as the platform runs them: started, asked to stop, ended."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.support.inventory import order_confirmed

ROOT = Path(__file__).parents[2]
PATIENCE = 15.0


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


@pytest.fixture
def aws() -> Iterator[FakeAws]:
    with FakeAws() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.may_answer.set()
            server.deleted.set()
            server.shutdown()
            thread.join()


@contextmanager
def _process(module: str, environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    paths = [str(ROOT / "lambdas"), str(ROOT / "containers")]
    process = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", module],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(paths),
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


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _read_until(text: str, process: subprocess.Popen[str]) -> None:
    assert process.stdout
    read = []
    for line in process.stdout:
        read.append(line)
        if text in line:
            return
    raise AssertionError("".join(read))


@pytest.mark.parametrize("asked_by", [signal.SIGTERM, signal.SIGINT])
def test_the_api_serves_until_it_is_asked_to_stop_and_exits_0(asked_by: signal.Signals) -> None:
    port = _free_port()
    environment = {"INVENTORY_PORT": str(port), "INVENTORY_HOST": "127.0.0.1"}
    with _process("inventory.api", environment) as process:
        _read_until("api started", process)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=PATIENCE) as answer:
            assert answer.status == 200

        process.send_signal(asked_by)

        output, _ = process.communicate(timeout=PATIENCE)
        assert (process.returncode, "Traceback" in output) == (0, False), output


def test_the_health_command_succeeds_exactly_while_the_api_answers() -> None:
    port = _free_port()
    command = [sys.executable, str(ROOT / "containers" / "inventory" / "health.py"), str(port)]
    environment = {"INVENTORY_PORT": str(port), "INVENTORY_HOST": "127.0.0.1"}
    with _process("inventory.api", environment) as process:
        _read_until("api started", process)
        while_up = subprocess.run(command, timeout=PATIENCE, check=False)  # noqa: S603 - our own
    after = subprocess.run(command, timeout=PATIENCE, check=False)  # noqa: S603 - our own

    assert (while_up.returncode, after.returncode) == (0, 1)


def test_the_worker_finishes_the_message_at_hand_before_it_exits_0(aws: FakeAws) -> None:
    endpoint = f"http://127.0.0.1:{aws.server_port}"
    environment = {
        "AWS_ENDPOINT_URL": endpoint,
        "INVENTORY_QUEUE_URL": f"{endpoint}/000000000000/inventory",
        "INVENTORY_SWEEP_SECONDS": "30",
    }
    with _process("inventory.worker", environment) as process:
        assert aws.asked.wait(PATIENCE)
        process.send_signal(signal.SIGTERM)
        _read_until("worker stops", process)
        assert "DeleteMessageBatch" not in aws.calls
        aws.may_answer.set()

        output, _ = process.communicate(timeout=PATIENCE)
        assert (process.returncode, "Traceback" in output) == (0, False), output
    assert aws.calls.count("DeleteMessageBatch") == 1


@pytest.mark.parametrize("module", ["inventory.api", "inventory.worker"])
def test_a_process_whose_environment_is_incomplete_says_what_is_missing(module: str) -> None:
    with _process(module, {}) as process:
        output, _ = process.communicate(timeout=PATIENCE)

    assert process.returncode == 1
    assert "ConfigurationError" in output
    assert "missing required field `inventory_" in output
