"""A worker whose pollers hang ends, so that the platform starts another."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any

import pytest

from inventory import worker
from inventory.consumer import QueueConsumer


class Pollers(QueueConsumer):
    """Pollers that hang as soon as they have been asked for `healthy` times."""

    def __init__(self, healthy: int) -> None:
        self.healthy = healthy

    def stalled(self) -> list[str]:
        self.healthy -= 1
        return ["poller-0"] if self.healthy < 0 else []


@pytest.fixture(autouse=True)
def ended(monkeypatch: pytest.MonkeyPatch) -> None:
    def leave(code: int) -> Any:
        raise SystemExit(code)

    monkeypatch.setattr(os, "_exit", leave)
    monkeypatch.setattr(worker, "CHECK_SECONDS", 0)


def test_a_worker_whose_pollers_hang_ends_without_waiting_for_them() -> None:
    pollers = Pollers(healthy=2)

    with pytest.raises(SystemExit) as ended:
        worker.await_signal({signal.SIGUSR2}, pollers)

    assert ended.value.code == worker.STALLED != 0
    assert pollers.healthy == -1


def test_a_signal_ends_the_wait_of_a_healthy_worker() -> None:
    asked = {signal.SIGUSR2}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, asked)
    try:
        signal.pthread_kill(threading.get_ident(), signal.SIGUSR2)
        received = worker.await_signal(asked, Pollers(healthy=1000))
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

    assert received == signal.SIGUSR2


_WAITS = """
import signal
from inventory import worker

class Pollers:
    def stalled(self):
        return []

worker.CHECK_SECONDS = 0.2
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
print("waiting", flush=True)
print(worker.await_signal({signal.SIGTERM}, Pollers()).name, flush=True)
"""


def test_a_worker_that_was_stopped_for_long_goes_on_waiting() -> None:
    with subprocess.Popen(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", _WAITS],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as waiting:
        assert waiting.stdout is not None
        assert waiting.stdout.readline() == "waiting\n"
        for _ in range(3):
            waiting.send_signal(signal.SIGSTOP)
            time.sleep(0.4)
            waiting.send_signal(signal.SIGCONT)
            time.sleep(0.1)
        waiting.send_signal(signal.SIGTERM)
        said, _ = waiting.communicate(timeout=20)

    assert (said, waiting.returncode) == ("SIGTERM\n", 0)
