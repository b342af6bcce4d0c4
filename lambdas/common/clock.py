"""Time and identity, in the forms that events, tables and APIs use."""

from __future__ import annotations

import importlib
import math
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from uuid_utils import reseed_rng, uuid7

with suppress(ModuleNotFoundError):
    importlib.import_module("snapshot_restore_py").register_after_restore(reseed_rng)
"""Instances that start from one SnapStart snapshot would make the same identifiers; the module
is the Lambda runtime's own."""


def now() -> datetime:
    """The current instant, timezone-aware, in UTC."""
    return datetime.now(UTC)


def deadline_of(context: Any) -> float:
    """When Lambda ends the invocation, on `time.monotonic`'s clock; never without a context."""
    if context is None:
        return math.inf
    return time.monotonic() + float(context.get_remaining_time_in_millis()) / 1000


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds, which sorts as text: `2026-11-24T03:11:00.123Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_timestamp(text: str) -> datetime:
    """The inverse of `timestamp`; raises ValueError for anything that is not RFC 3339."""
    return datetime.fromisoformat(text)


def new_id() -> str:
    """A UUIDv7: unique, and later identifiers sort after earlier ones."""
    return str(uuid7())
