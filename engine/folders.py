"""Folders outside the checkout, shared by all clones of one user."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

Say = Callable[[str], None]

_POLL_SECONDS = 0.5
TICK_SECONDS = 8.0
"""Between two lines of something that takes long."""


def _base(environ: Mapping[str, str], variable: str, default: str) -> Path:
    """As the XDG base directory specification has it: a relative path is ignored."""
    given = Path(environ.get(variable, ""))
    return given if given.is_absolute() else Path.home() / default


def cache(environ: Mapping[str, str]) -> Path:
    """What can be made again: the CLI and the Go that builds it."""
    return _base(environ, "XDG_CACHE_HOME", ".cache") / "storefront" / "engine"


def state(environ: Mapping[str, str]) -> Path:
    """What cannot: the stacks' state, and Pulumi's own folder where none is installed."""
    return _base(environ, "XDG_STATE_HOME", ".local/state") / "storefront" / "pulumi"


@contextmanager
def alone(folder: Path, what: str, say: Say) -> Iterator[None]:
    """Hold `folder` locked; the second who comes waits, and says for `what`."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    started = time.monotonic()
    told = 0
    try:
        while not _locked(descriptor):
            waited = time.monotonic() - started
            if waited >= told * TICK_SECONDS:
                say(f"waiting for another process that {what} ({waited:.0f} s)")
                told += 1
            time.sleep(_POLL_SECONDS)
        yield
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
