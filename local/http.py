"""One caller of the shop's HTTP API: a keep-alive connection and a token."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from typing import Any, Self
from urllib.parse import urlsplit

_TIMEOUT_SECONDS = 15


class Caller:
    """Sends JSON and reads JSON; for one thread at a time."""

    def __init__(self, base_url: str, token: str | None = None) -> None:
        parts = urlsplit(base_url)
        self._prefix = parts.path
        self._token = token
        self._connection = http.client.HTTPConnection(parts.netloc, timeout=_TIMEOUT_SECONDS)

    def send(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, Any]:
        """The answer's status and its body; raises OSError when nobody answers in time."""
        sent = {"content-type": "application/json", **(headers or {})}
        if self._token is not None:
            sent["authorization"] = f"Bearer {self._token}"
        content = json.dumps(body) if body is not None else None
        self._connection.request(method, self._prefix + path, content, sent)
        response = self._connection.getresponse()
        received = response.read()
        return response.status, json.loads(received) if received else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *about: object) -> None:
        self._connection.close()
