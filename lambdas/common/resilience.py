"""Calls to what may be slow or dead: retries with jitter inside a circuit breaker."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pybreaker
import tenacity

from common.errors import UnavailableError

T = TypeVar("T")


class Guard:
    """Runs a call up to `attempts` times with full jitter; opens after `failures` in a row.

    While open it fails at once, for `open_seconds`; then one call is let through to try.
    Only `retry_on` errors are retried and counted: anything else is the caller's to see.
    """

    def __init__(
        self,
        name: str,
        *,
        attempts: int,
        failures: int,
        open_seconds: float,
        retry_on: tuple[type[Exception], ...],
        max_wait_seconds: float = 0.1,
    ) -> None:
        self._unanswered: tuple[type[Exception], ...] = (pybreaker.CircuitBreakerError, *retry_on)
        self._breaker = pybreaker.CircuitBreaker(
            name=name,
            fail_max=failures,
            reset_timeout=open_seconds,
            exclude=[lambda error: not isinstance(error, retry_on)],
        )
        self._retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(attempts),
            wait=tenacity.wait_random_exponential(multiplier=0.02, max=max_wait_seconds),
            retry=tenacity.retry_if_exception_type(retry_on),
            reraise=True,
        )

    def call(self, function: Callable[[], T]) -> T:
        """The function's result; raises UnavailableError when it does not answer."""
        try:
            return self._breaker.call(self._retrying, function)  # type: ignore[no-any-return]
        except self._unanswered as error:
            raise UnavailableError(f"{self._breaker.name} does not answer: {error}") from error
