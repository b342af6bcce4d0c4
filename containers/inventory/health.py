"""`python -m inventory.health <port>`: exits 0 while the process in this container is healthy."""

from __future__ import annotations

import http.client
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PATH = "/health"
TIMEOUT_SECONDS = 3
_HOST = "127.0.0.1"


def serve(port: int, well: Callable[[], bool]) -> ThreadingHTTPServer:
    """Answer `GET /health` on `port` of this host, 200 while all is `well` and else 503.

    For a process that serves nothing else; until `shutdown`, in threads that end with it.
    """

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.path == PATH
            self.send_response((200 if well() else 503) if known else 404)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """A look every few seconds is no event."""

    server = ThreadingHTTPServer((_HOST, port), Answering)
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
    return server


def healthy(port: int) -> bool:
    """Whether what listens on `port` of this host says that it is healthy."""
    connection = http.client.HTTPConnection(_HOST, port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", PATH)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(not healthy(int(sys.argv[1])))
