"""inventory's two processes as the platform runs them: started, asked to stop, ended."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator

import pytest

from tests.support.configuration import ROOT
from tests.support.inventory_processes import (
    PATIENCE,
    FakeAws,
    free_port,
    process_of,
    read_until,
)


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


@pytest.mark.parametrize("asked_by", [signal.SIGTERM, signal.SIGINT])
def test_the_api_serves_until_it_is_asked_to_stop_and_exits_0(asked_by: signal.Signals) -> None:
    port = free_port()
    environment = {"INVENTORY_PORT": str(port), "INVENTORY_HOST": "127.0.0.1"}
    with process_of("inventory.api", environment) as process:
        read_until("api started", process)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=PATIENCE) as answer:
            assert answer.status == 200

        process.send_signal(asked_by)

        output, _ = process.communicate(timeout=PATIENCE)
        assert (process.returncode, "Traceback" in output) == (0, False), output


def test_the_health_command_succeeds_exactly_while_the_api_answers() -> None:
    port = free_port()
    command = [sys.executable, str(ROOT / "containers" / "inventory" / "health.py"), str(port)]
    environment = {"INVENTORY_PORT": str(port), "INVENTORY_HOST": "127.0.0.1"}
    with process_of("inventory.api", environment) as process:
        read_until("api started", process)
        while_up = subprocess.run(command, timeout=PATIENCE, check=False)  # noqa: S603 - our own
    after = subprocess.run(command, timeout=PATIENCE, check=False)  # noqa: S603 - our own

    assert (while_up.returncode, after.returncode) == (0, 1)


def worker_environment(aws: FakeAws, health_port: int) -> dict[str, str]:
    """What a worker needs to poll `aws`."""
    endpoint = f"http://127.0.0.1:{aws.server_port}"
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "INVENTORY_QUEUE_URL": f"{endpoint}/000000000000/inventory",
        "INVENTORY_SWEEP_SECONDS": "30",
        "INVENTORY_HEALTH_PORT": str(health_port),
    }


def test_the_health_command_tells_an_idle_worker_from_one_that_hangs(aws: FakeAws) -> None:
    port = free_port()
    command = [sys.executable, str(ROOT / "containers" / "inventory" / "health.py"), str(port)]

    def healthy() -> bool:
        return subprocess.run(command, timeout=PATIENCE, check=False).returncode == 0  # noqa: S603 - our own

    with process_of("inventory.worker", worker_environment(aws, port)) as process:
        assert aws.asked.wait(PATIENCE)
        read_until("worker started", process)
        idle = healthy()
        process.send_signal(signal.SIGSTOP)
        hanging = healthy()
        process.send_signal(signal.SIGCONT)
        recovered = healthy()
        aws.may_answer.set()

    assert (idle, hanging, recovered) == (True, False, True)


def test_the_worker_finishes_the_message_at_hand_before_it_exits_0(aws: FakeAws) -> None:
    with process_of("inventory.worker", worker_environment(aws, free_port())) as process:
        assert aws.asked.wait(PATIENCE)
        process.send_signal(signal.SIGTERM)
        read_until("worker stops", process)
        assert "DeleteMessageBatch" not in aws.calls
        aws.may_answer.set()

        output, _ = process.communicate(timeout=PATIENCE)
        assert (process.returncode, "Traceback" in output) == (0, False), output
    assert aws.calls.count("DeleteMessageBatch") == 1


@pytest.mark.parametrize("module", ["inventory.api", "inventory.worker"])
def test_a_process_whose_environment_is_incomplete_says_what_is_missing(module: str) -> None:
    with process_of(module, {}) as process:
        output, _ = process.communicate(timeout=PATIENCE)

    assert process.returncode == 1
    assert "ConfigurationError" in output
    assert "missing required field `inventory_" in output
