"""Retries inside a circuit breaker."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from common.errors import UnavailableError
from common.resilience import Guard


class SilenceError(Exception):
    """No answer."""


class Dependency:
    """Raises `failures` in turn, then answers."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.failures:
            raise self.failures.pop(0)
        return "answer"


def _guard(*, attempts: int = 2, failures: int = 2, open_seconds: float = 3600) -> Guard:
    return Guard(
        "the cellar",
        attempts=attempts,
        failures=failures,
        open_seconds=open_seconds,
        retry_on=(SilenceError,),
        max_wait_seconds=0,
    )


def _fail(guard: Guard, call: Callable[[], object]) -> None:
    with pytest.raises(UnavailableError, match="the cellar does not answer"):
        guard.call(call)


def test_an_answer_is_handed_on() -> None:
    assert _guard().call(Dependency()) == "answer"


def test_silence_is_tried_again() -> None:
    dependency = Dependency(SilenceError())

    assert _guard().call(dependency) == "answer"
    assert dependency.calls == 2


def test_silence_to_the_last_attempt_is_unavailable() -> None:
    dependency = Dependency(*[SilenceError("nobody home")] * 3)

    with pytest.raises(UnavailableError, match="the cellar does not answer: nobody home"):
        _guard(attempts=3).call(dependency)

    assert dependency.calls == 3


def test_another_error_is_neither_retried_nor_changed() -> None:
    dependency = Dependency(ValueError("ours"))

    with pytest.raises(ValueError, match="ours"):
        _guard().call(dependency)

    assert dependency.calls == 1


def test_the_breaker_opens_after_so_many_failures_in_a_row() -> None:
    guard, dead = _guard(attempts=1, failures=2), Dependency(*[SilenceError()] * 9)

    for _ in range(5):
        _fail(guard, dead)

    assert dead.calls == 2


def test_an_answer_in_between_starts_the_count_again() -> None:
    guard = _guard(attempts=1, failures=2)
    flaky = Dependency(SilenceError())

    _fail(guard, flaky)
    guard.call(flaky)
    flaky.failures = [SilenceError()]
    _fail(guard, flaky)

    assert guard.call(flaky) == "answer"


def test_another_error_does_not_open_the_breaker() -> None:
    guard = _guard(attempts=1, failures=1)
    for _ in range(3):
        with pytest.raises(ValueError, match="ours"):
            guard.call(Dependency(ValueError("ours")))

    assert guard.call(Dependency()) == "answer"


def test_after_its_time_one_call_is_let_through_and_closes_the_breaker() -> None:
    guard = _guard(attempts=1, failures=1, open_seconds=0)
    _fail(guard, Dependency(SilenceError()))

    assert [guard.call(Dependency()), guard.call(Dependency())] == ["answer", "answer"]
