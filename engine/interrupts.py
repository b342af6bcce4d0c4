"""SIGINT, SIGTERM and SIGHUP end this process once, never while it takes a child in its care."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Stop:
    held = False
    pending = 0


def unwind_once() -> None:
    """From now on the first of these signals raises SystemExit(128 + signal), others nothing."""
    for number in _NUMBERS:
        signal.signal(number, _stop)


@contextmanager
def held() -> Iterator[None]:
    """A signal that arrives within the block takes effect at its end."""
    _Stop.held = True
    try:
        yield
    finally:
        _Stop.held = False
    if _Stop.pending:
        sys.exit(_Stop.pending)


def _stop(number: int, frame: FrameType | None) -> None:
    for other in _NUMBERS:
        signal.signal(other, signal.SIG_IGN)
    if _Stop.held:
        _Stop.pending = 128 + number
    else:
        sys.exit(128 + number)
