"""The engine runs that a provider serves: each has its region and its place for messages."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass, field
from typing import Any

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

RUN_KEY = "storefront-run"
"""Metadata of a call: which run of the engine it belongs to."""
_LOG_SECONDS = 5


@dataclass
class Run:
    """One plugin process of one engine run."""

    name: str
    region: str = ""
    engine_address: str = ""
    stacks: set[str] = field(default_factory=set)
    """what the run has been about: `<stack>::<project>`"""
    _channel: grpc.Channel | None = field(default=None, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def say(self, urn: str, message: str) -> None:
        """Show `message` beside the resource; an engine that cannot be reached is no failure."""
        if not self.engine_address:
            return
        with self._lock:
            if self._channel is None:
                self._channel = grpc.insecure_channel(self.engine_address)
        request = engine_pb2.LogRequest(
            severity=engine_pb2.INFO, message=message, urn=urn, streamId=0
        )
        try:
            engine_pb2_grpc.EngineStub(self._channel).Log(request, timeout=_LOG_SECONDS)
        except grpc.RpcError:
            self.engine_address = ""

    def close(self) -> None:
        """Let go of the connection to the engine."""
        if self._channel is not None:
            self._channel.close()


class Runs:
    """Runs by name. Safe to use from several threads."""

    def __init__(self) -> None:
        self._known: dict[str, Run] = {}
        self._lock = threading.Lock()

    def of(self, context: Any) -> Run:
        """The run that a call belongs to."""
        name = dict(context.invocation_metadata()).get(RUN_KEY, "")
        with self._lock:
            return self._known.setdefault(name, Run(name))

    def end(self, name: str) -> Run:
        """Forget a run."""
        with self._lock:
            run = self._known.pop(name, None) or Run(name)
        run.close()
        return run

    def is_dead(self, name: str) -> bool:
        """Whether the engine of a run is gone without having ended the run."""
        with self._lock:
            run = self._known.get(name)
        if run is None or not run.engine_address:
            return run is not None
        host, _, port = run.engine_address.rpartition(":")
        try:
            socket.create_connection((host, int(port)), timeout=_LOG_SECONDS).close()
        except OSError:
            return True
        return False
