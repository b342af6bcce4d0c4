"""What every local run stands on: the embedded AWS and PostgreSQL, with nothing deployed."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from local.children import Child, Children
from local.console import Say, step
from local.emulators import Embedded, Watch, require_free, start_ministack
from local.postgres import EmbeddedPostgres
from local.resources import Cloud

REGION = "us-east-1"
_ACCOUNT = "000000000000"
_WATCH_SECONDS = 0.2


class Foundation:
    """The embedded AWS and PostgreSQL of one run; they end with its children."""

    embedded: Embedded
    database: EmbeddedPostgres

    def __init__(
        self, children: Children, region: str = REGION, watch: Watch | None = None
    ) -> None:
        self._children = children
        self._region = region
        self._watch = watch
        self._vital: list[Child] = []

    def start(self, port: int | None, say: Say) -> Cloud:
        """Start both, side by side, the AWS on `port` or a free one; raises LocalRunError."""
        if port is not None:
            require_free(port)
        with ThreadPoolExecutor(1) as pool:
            postgres = pool.submit(self._start_postgres)
            with step("embedded AWS is up", say):
                self.embedded = start_ministack(self._children, port, self._region, self._watch)
                self._vital.append(self.embedded.child)
            with step("PostgreSQL is up", say):
                self.database = postgres.result()
        return Cloud(
            endpoint=self.embedded.endpoint,
            region=self._region,
            account_id=_ACCOUNT,
            database=self.database,
        )

    def require_alive(self) -> None:
        """Raises LocalRunError when one of them has died."""
        for child in self._vital:
            child.require_alive()

    def wait(self, seconds: float | None = None) -> None:
        """Return after `seconds`; raises LocalRunError as soon as one of them has died."""
        pause = threading.Event()
        deadline = None if seconds is None else time.monotonic() + seconds
        while deadline is None or time.monotonic() < deadline:
            self.require_alive()
            pause.wait(_WATCH_SECONDS)

    def _start_postgres(self) -> EmbeddedPostgres:
        server = EmbeddedPostgres(self._children.directory / "pg", self._children)
        server.start()
        if server.child is not None:
            self._vital.append(server.child)
        return server
