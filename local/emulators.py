"""MiniStack: the embedded AWS, with IAM enforcement on, reachable on loopback only."""

from __future__ import annotations

import json
import os
import socket
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from local.children import Child, Children
from local.errors import LocalRunError
from local.resources.base import ROOT_CREDENTIALS

HOST = "127.0.0.1"
_MINISTACK = Path(__file__).with_name("embedded.py")
_START_SECONDS = 30
_POLL_SECONDS = 0.02
_PORTS_TRIED = 5
_SURPLUS_SECONDS = 10
"""How long a function's further workers stay without work; MiniStack looks every 30 s."""
_KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "SSL_CERT_FILE", "VIRTUAL_ENV")


@dataclass(frozen=True)
class Embedded:
    """The running embedded AWS."""

    endpoint: str
    """`http://127.0.0.1:<port>`"""
    run: str
    """what it calls itself; no other run is called so"""
    child: Child


@dataclass(frozen=True)
class Watch:
    """How the embedded AWS writes down what happens in it."""

    script: Path
    """what it runs in place of `local/embedded.py`"""
    file: Path

    @classmethod
    def calls(cls, file: Path) -> Watch:
        """Which role asked for what."""
        return cls(Path(__file__).with_name("calls.py"), file)

    @classmethod
    def usage(cls, file: Path) -> Watch:
        """What AWS would charge for."""
        return cls(Path(__file__).with_name("usage.py"), file)

    @classmethod
    def metrics(cls, file: Path) -> Watch:
        """What AWS would emit as metrics."""
        return cls(Path(__file__).with_name("metrics.py"), file)


class _PortTakenError(LocalRunError):
    """Somebody took the port between the choice and its use."""


def free_port() -> int:
    """A TCP port on loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def require_free(port: int) -> None:
    """Raises LocalRunError when it is out of range or somebody listens on it."""
    if not 1024 <= port <= 65535:
        raise LocalRunError(f"port {port}: must be from 1024 to 65535; choose another with PORT=")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise LocalRunError(
                f"port {port} is in use: stop what listens there, choose another with PORT=, "
                f"or leave PORT out to get a free one"
            ) from error


def clean_environment(directory: Path) -> dict[str, str]:
    """What every child gets: nothing of the user's AWS set-up, temporary files in `directory`."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return kept | {
        "TMPDIR": str(directory),
        "HOME": str(directory),
        "PYTHONUNBUFFERED": "1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        "NO_PROXY": HOST,
    }


def run_at(endpoint: str) -> str | None:
    """What the embedded AWS at `endpoint` calls itself; None when nobody answers."""
    try:
        with urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=5) as answer:  # noqa: S310 - loopback
            return str(json.load(answer).get("edition"))
    except (urllib.error.URLError, ConnectionError, TimeoutError, ValueError):
        return None


def start_ministack(
    children: Children, port: int | None, region: str, watch: Watch | None = None
) -> Embedded:
    """Start it and wait until it answers: on `port`, or on a free one; raises LocalRunError.

    `watch`: the script that becomes it and writes down what happens, and its file.
    """
    if port is not None:
        return _start(children, port, region, watch)
    for _ in range(_PORTS_TRIED - 1):
        try:
            return _start(children, free_port(), region, watch)
        except _PortTakenError:
            continue
    return _start(children, free_port(), region, watch)


def _start(children: Children, port: int, region: str, watch: Watch | None) -> Embedded:
    endpoint = f"http://{HOST}:{port}"
    temporary = Path(tempfile.mkdtemp(prefix="aws-", dir=children.directory))
    environment = clean_environment(temporary) | {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": HOST,
        "LAMBDA_EXECUTOR": "local",
        "LAMBDA_WARM_TTL_SECONDS": str(_SURPLUS_SECONDS),
        "AUTH": "true",
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        "MINISTACK_REGION": region,
        "MINISTACK_EDITION": temporary.name,
        "DOCKER_HOST": f"unix://{temporary}/no-docker",
        "STATE_DIR": str(temporary / "state"),
        "S3_DATA_DIR": str(temporary / "s3"),
        "AWS_ACCESS_KEY_ID": ROOT_CREDENTIALS["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": ROOT_CREDENTIALS["aws_secret_access_key"],
    }
    child = children.start(
        "the embedded AWS",
        [sys.executable, "-I", "-u", *_program(watch)],
        environment=environment,
        directory=temporary,
        log=children.directory / "ministack.log",
    )
    _await_health(child, endpoint, temporary.name)
    return Embedded(endpoint=endpoint, run=temporary.name, child=child)


def _program(watch: Watch | None) -> list[str]:
    return [str(watch.script), str(watch.file)] if watch else [str(_MINISTACK)]


def _await_health(child: Child, endpoint: str, run: str) -> None:
    """Wait for the answer of this very process: another run may have got the port first."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if not child.alive and "already in use" in child.last_lines():
            raise _PortTakenError(f"{child.name}: {child.last_lines()}")
        child.require_alive()
        if run_at(endpoint) == run:
            return
        time.sleep(_POLL_SECONDS)
    raise LocalRunError(f"{child.name} did not answer within {_START_SECONDS} s; try again")
