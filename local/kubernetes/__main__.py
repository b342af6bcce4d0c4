"""`python -m local.kubernetes <engine address>`: the plugin, which prints its port and serves."""

from __future__ import annotations

import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from local.emulators import HOST
from local.kubernetes.provider import Previewer

_THREADS = 8


def main() -> None:
    """Serve until the engine ends the process."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, frame: ended.set())
    server = grpc.server(ThreadPoolExecutor(_THREADS))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Previewer(), server)
    port = server.add_insecure_port(f"{HOST}:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    ended.wait()
    server.stop(grace=None).wait()


if __name__ == "__main__":
    main()
