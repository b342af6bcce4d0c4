"""Pulumi's language host for Python: `python -m engine.language_host <engine address>`.

The engine starts it through the executable `pulumi-language-python`, reads the port from the first
line and then calls LanguageRuntime. A program and a policy pack run in processes of their own, on
the interpreter of the project's `virtualenv` option or, without one, on this one. Plugins are found
on PATH and packages are installed by `make`, so the host asks for none and installs none.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
from pulumi.runtime.proto import language_pb2_grpc

from engine.runtime import MESSAGE_BYTES, PythonRuntime

_WORKERS = 32
_ORPHAN_SECONDS = 1.0


def _serve(runtime: PythonRuntime) -> tuple[grpc.Server, int]:
    size = [("grpc.max_receive_message_length", MESSAGE_BYTES)]
    server = grpc.server(ThreadPoolExecutor(max_workers=_WORKERS), options=size)
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(runtime, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port


def _await_end() -> None:
    """Return at a signal, or when the engine that started this process is gone."""
    ended: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, frame: ended.put(received))
    engine = os.getppid()
    while os.getppid() == engine:
        try:
            ended.get(timeout=_ORPHAN_SECONDS)
        except queue.Empty:
            continue
        return


def main() -> int:
    """Serve until a signal or the engine's end; both are silent."""
    if len(sys.argv) < 2:
        sys.stderr.write(
            "pulumi-language-python: no engine address is given: it is started by pulumi, "
            "not by hand.\n"
        )
        return 1
    runtime = PythonRuntime(engine=sys.argv[-1])
    server, port = _serve(runtime)
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    _await_end()
    runtime.end()
    server.stop(grace=None)
    os._exit(0)


if __name__ == "__main__":
    threading.current_thread().name = "language host"
    sys.exit(main())
