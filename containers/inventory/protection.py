"""Scale-in protection: ECS takes no task away whose worker has messages in hand.

The agent beside a task tells ECS; where there is none, as on EKS, nobody is told and nothing
waits. A worker whose load never pauses is protected for `HOLD_SECONDS` at a time: then it takes
no more messages, ends those in hand, and stands unprotected for `REST_SECONDS`, so that ECS can
have it if it wants to. A deployment waits for the same moment.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from common.observability import logger

HOLD_SECONDS = 300
REST_SECONDS = 5
QUIET_SECONDS = 3
"""Without a message for so long, a worker is idle."""
EXPIRES_MINUTES = 10
"""ECS forgets a protection that nobody releases: longer than it is held."""
_PATH = "/task-protection/v1/state"
_TIMEOUT_SECONDS = 2
_LOOK_SECONDS = 0.5


class RefusedError(Exception):
    """The agent did not do what it was asked for."""


class EcsAgent:
    """The agent beside this task, at the address that ECS puts into `ECS_AGENT_URI`."""

    def __init__(self, uri: str) -> None:
        parts = urlsplit(uri)
        self._host = parts.netloc
        self._path = parts.path + _PATH

    def protect(self, protected: bool) -> None:
        """Protect this task, or release it; raises OSError, HTTPException or RefusedError."""
        wanted: dict[str, object] = {"ProtectionEnabled": protected}
        if protected:
            wanted["ExpiresInMinutes"] = EXPIRES_MINUTES
        connection = http.client.HTTPConnection(self._host, timeout=_TIMEOUT_SECONDS)
        try:
            connection.request(
                "PUT", self._path, json.dumps(wanted), {"Content-Type": "application/json"}
            )
            answer = connection.getresponse()
            said = answer.read().decode(errors="replace")
        finally:
            connection.close()
        if answer.status != http.client.OK or '"protection"' not in said:
            raise RefusedError(f"{answer.status}: {said[:500]}")


class Protection:
    """Keeps the task protected while its pollers handle messages; shared by all of them."""

    def __init__(self, protect: Callable[[bool], None] | None = None) -> None:
        self._protect = protect
        self._changed = threading.Condition()
        self._rounds = self._batches = 0
        self._since: float | None = None
        """when it was protected; None: it is not"""
        self._worked = self._rest_until = 0.0

    @contextmanager
    def round(self, stop: threading.Event) -> Iterator[None]:
        """A poller's round; it waits to begin while the task is to be released."""
        with self._changed:
            while self._must_wait() and not stop.is_set():
                self._changed.wait(_LOOK_SECONDS)
            self._rounds += 1
        try:
            yield
        finally:
            with self._changed:
                self._rounds -= 1
                self._changed.notify_all()

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Messages are in hand; within a round."""
        with self._changed:
            self._batches += 1
            if self._since is None and self._protect is not None:
                self._since = time.monotonic()
                self._tell(self._protect, True)
        try:
            yield
        finally:
            with self._changed:
                self._batches -= 1
                self._worked = time.monotonic()

    def _must_wait(self) -> bool:
        """Whether no round may begin; releases the task when it is idle, or was held for long."""
        now = time.monotonic()
        if self._since is None or self._protect is None:
            return now < self._rest_until
        if self._batches == 0 and now - self._worked >= QUIET_SECONDS:
            self._release(self._protect)
            return False
        if now - self._since < HOLD_SECONDS:
            return False
        if self._rounds == 0:
            self._release(self._protect)
            self._rest_until = now + REST_SECONDS
        return True

    def _release(self, protect: Callable[[bool], None]) -> None:
        self._since = None
        self._tell(protect, False)

    def _tell(self, protect: Callable[[bool], None], protected: bool) -> None:
        """A task that ECS takes away all the same ends its messages within the stop timeout."""
        try:
            protect(protected)
        except (OSError, http.client.HTTPException, RefusedError) as error:
            logger.warning(
                "task protection not changed",
                extra={"protected": protected, "reason": str(error)},
            )
