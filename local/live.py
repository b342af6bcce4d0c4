"""A customer who looks on: connects for live alerts and keeps what comes, with its time.

`python -m local.live <shop url> <token>` prints it; the shop's URL is that of its HTTP API.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import quote, urlsplit

from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    CloseConnection,
    Event,
    Ping,
    RejectConnection,
    Request,
    TextMessage,
)
from wsproto.utilities import LocalProtocolError

from local.console import say
from local.errors import LocalRunError
from local.http import Caller

_SECONDS = 10
_CHUNK = 65_536


class RefusedError(Exception):
    """The connection was not admitted; `status` is HTTP's."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the connection was refused with {status}")
        self.status = status


@dataclass(frozen=True, kw_only=True)
class Alert:
    """A message as it was pushed, and when (seconds since the epoch)."""

    message: dict[str, Any]
    received_at: float


@dataclass
class Listener:
    """An open connection; a thread keeps what comes in `alerts`, and hands it to `on_alert`."""

    connection: socket.socket
    protocol: WSConnection
    on_alert: Callable[[Alert], None] | None = None
    alerts: list[Alert] = field(default_factory=list)
    closed: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def connect(
        cls, url: str, ticket: str, on_alert: Callable[[Alert], None] | None = None
    ) -> Self:
        """Connect with a ticket; raises RefusedError."""
        at = urlsplit(url)
        connection = socket.create_connection((at.hostname, at.port or 80), timeout=_SECONDS)
        protocol = WSConnection(ConnectionType.CLIENT)
        listener = cls(connection, protocol, on_alert)
        listener._send(Request(host=at.netloc, target=f"{at.path}?ticket={quote(ticket)}"))
        try:
            listener._await_admission()
        except BaseException:
            connection.close()
            raise
        connection.settimeout(None)
        threading.Thread(target=listener._listen, daemon=True).start()
        return listener

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *about: object) -> None:
        self.close()

    def send(self, text: str) -> None:
        """Send a text; it is ignored, and keeps the connection from idling out."""
        self._send(TextMessage(data=text))

    def close(self) -> None:
        """End the connection; one that has ended is fine."""
        with suppress(OSError, LocalProtocolError):
            self._send(CloseConnection(code=1000))
            self.closed.wait(_SECONDS)
        self.connection.close()

    def _send(self, event: Any) -> None:
        self.connection.sendall(self.protocol.send(event))

    def _await_admission(self) -> None:
        while True:
            for event in self._receive():
                if isinstance(event, AcceptConnection):
                    return
                if isinstance(event, RejectConnection):
                    raise RefusedError(event.status_code)

    def _listen(self) -> None:
        while not self.closed.is_set():
            for event in self._receive():
                self._take(event)

    def _take(self, event: Event) -> None:
        if isinstance(event, TextMessage):
            alert = Alert(message=json.loads(event.data), received_at=time.time())
            self.alerts.append(alert)
            if self.on_alert:
                self.on_alert(alert)
        elif isinstance(event, Ping):
            self._send(event.response())
        elif isinstance(event, CloseConnection):
            self.closed.set()

    def _receive(self) -> list[Event]:
        try:
            data = self.connection.recv(_CHUNK)
        except OSError:
            data = b""
        self.protocol.receive_data(data or None)
        return list(self.protocol.events())


def listen(customer: Caller, on_alert: Callable[[Alert], None] | None = None) -> Listener:
    """Get a ticket and connect with it."""
    status, ticket = customer.send("POST", "/notifications/tickets")
    if status != 201:
        raise LocalRunError(f"notifications gave no ticket: {status} {ticket}")
    return Listener.connect(ticket["url"], ticket["ticket"], on_alert)


def _main(base_url: str, token: str) -> None:
    with (
        Caller(base_url, token) as customer,
        listen(customer, lambda alert: say(alert.message["text"])) as listener,
    ):
        say("listening; Ctrl-C ends it")
        listener.closed.wait()


if __name__ == "__main__":
    try:
        _main(*sys.argv[1:3])
    except KeyboardInterrupt:
        say("")
