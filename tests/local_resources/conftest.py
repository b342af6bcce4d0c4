"""One embedded AWS for all tests of the resource handlers."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from local import embedded
from local.resources import Cloud
from tests.local_resources.stack import MemoryDatabase, Stack

_START_SECONDS = 30.0
_POLL_SECONDS = 0.05


@pytest.fixture(scope="session")
def cloud() -> Iterator[Cloud]:
    """The root's view of a MiniStack that runs for the session and leaves nothing behind."""
    with tempfile.TemporaryDirectory(prefix="storefront-test-") as directory:
        port = _free_port()
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and script
            [sys.executable, "-I", embedded.__file__],
            env=_environment(port, directory),
            cwd=directory,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            endpoint = f"http://127.0.0.1:{port}"
            _await_health(process, endpoint)
            yield Cloud(
                endpoint=endpoint,
                region="us-east-1",
                account_id="000000000000",
                database=MemoryDatabase(),
            )
        finally:
            process.terminate()
            process.wait(timeout=20)


@pytest.fixture
def stack(cloud: Cloud) -> Iterator[Stack]:
    """Makes resources by type token and deletes them, last first, when the test ends."""
    made = Stack(cloud)
    try:
        yield made
    finally:
        made.close()


def _environment(port: int, directory: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "TMPDIR": directory,
        "HOME": directory,
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "LAMBDA_EXECUTOR": "local",
        "AUTH": "true",
        "IOT_MTLS_ENABLED": "0",
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _await_health(process: subprocess.Popen[bytes], endpoint: str) -> None:
    for _ in range(int(_START_SECONDS / _POLL_SECONDS)):
        try:
            with urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=5):  # noqa: S310  # loopback
                return
        except (urllib.error.URLError, ConnectionError):
            _still_running(process)
    raise TimeoutError(f"MiniStack did not answer on {endpoint} within {_START_SECONDS:g} s")


def _still_running(process: subprocess.Popen[bytes]) -> None:
    try:
        code = process.wait(timeout=_POLL_SECONDS)
    except subprocess.TimeoutExpired:
        return
    raise RuntimeError(f"MiniStack ended with code {code} before it answered")
