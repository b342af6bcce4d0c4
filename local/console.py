"""What the local run prints: one line per step, seconds, colour on a terminal only."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Say = Callable[[str], None]

_GREEN, _RED, _DIM, _PLAIN = "\x1b[32m", "\x1b[31m", "\x1b[2m", "\x1b[0m"


def say(line: str = "") -> None:
    """Print one line to standard output, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def complain(line: str) -> None:
    """Print one line to standard error, at once."""
    sys.stderr.write(f"{_paint(_RED, line, sys.stderr.isatty())}\n")
    sys.stderr.flush()


@contextmanager
def step(what: str, output: Say) -> Iterator[None]:
    """Time the block and print `<seconds> s  <what>` when it has succeeded."""
    started = time.perf_counter()
    yield
    output(f"{time.perf_counter() - started:6.2f} s  {what}")


def good(text: str) -> str:
    """`text` in green, on a terminal."""
    return _paint(_GREEN, text, sys.stdout.isatty())


def bad(text: str) -> str:
    """`text` in red, on a terminal."""
    return _paint(_RED, text, sys.stdout.isatty())


def faint(text: str) -> str:
    """`text` dimmed, on a terminal."""
    return _paint(_DIM, text, sys.stdout.isatty())


def _paint(colour: str, text: str, terminal: bool) -> str:
    return f"{colour}{text}{_PLAIN}" if terminal and "NO_COLOR" not in os.environ else text
