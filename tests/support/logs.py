"""The shop's log lines, as a test may read them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from logging import StreamHandler
from typing import Any

from common.observability import logger

LogLines = Callable[[], list[dict[str, Any]]]


@contextmanager
def captured_logs() -> Iterator[LogLines]:
    """What is logged meanwhile: a function that gives the lines so far, decoded.

    capsys does not see them: the logger holds the standard output of the moment it was made.
    """
    stream = io.StringIO()
    handler = logger.registered_handler
    if not isinstance(handler, StreamHandler):
        raise TypeError(f"the logger writes to a {type(handler).__name__}, which has no stream")
    previous = handler.setStream(stream)
    try:
        yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    finally:
        handler.setStream(previous)
