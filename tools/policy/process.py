"""The policy pack as a process, driven over gRPC as the engine drives it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
from pulumi.runtime.proto.analyzer_pb2 import AnalyzerStackConfigureRequest
from pulumi.runtime.proto.analyzer_pb2_grpc import AnalyzerStub

ROOT = Path(__file__).resolve().parents[2]
PACK = ROOT / "policy"
_NO_ENGINE = "127.0.0.1:1"
_MESSAGE_BYTES_MAX = 400 * 1024 * 1024
_END_SECONDS = 10


EXEMPTIONS = {"tools": ROOT / "delivery/exemptions.toml"}
"""The exemptions of stacks that are not the shop's."""


class PackError(RuntimeError):
    """The pack did not start."""


@contextmanager
def running(stack: str, pack: Path = PACK) -> Iterator[AnalyzerStub]:
    """The pack at the levels of `stack`; raises PackError with what it said when it dies."""
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and pack
        [sys.executable, "-u", "-m", "pulumi.policy", _NO_ENGINE, str(pack)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **_surroundings(stack)},
    )
    said: list[str] = []
    listener = threading.Thread(target=lambda: said.extend(process.stderr or ()), daemon=True)
    listener.start()
    try:
        port = process.stdout.readline().strip() if process.stdout else ""
        if not port.isdigit():
            process.wait(_END_SECONDS)
            listener.join(_END_SECONDS)
            raise PackError(f"{pack} did not start: {''.join(said) or 'it said nothing'}")
        options = [
            (f"grpc.max_{way}_message_length", _MESSAGE_BYTES_MAX) for way in ("send", "receive")
        ]
        with grpc.insecure_channel(f"127.0.0.1:{port}", options=options) as channel:
            analyzer = AnalyzerStub(channel)
            analyzer.ConfigureStack(AnalyzerStackConfigureRequest(stack=stack))
            yield analyzer
    finally:
        process.kill()
        process.wait(_END_SECONDS)
        listener.join(_END_SECONDS)
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()


def _surroundings(stack: str) -> dict[str, str]:
    return {"POLICY_EXEMPTIONS": str(EXEMPTIONS[stack])} if stack in EXEMPTIONS else {}
