"""`python -m inventory.health <port>`: exits 0 while the API in this container answers."""

from __future__ import annotations

import http.client
import sys

TIMEOUT_SECONDS = 3


def healthy(port: int) -> bool:
    """Whether what listens on `port` of this host says that it is healthy."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(not healthy(int(sys.argv[1])))
