"""Stacks are recorded and packs started once per session."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tools.policy import process, recording
from tools.policy.recording import Registration

Stacks = dict[str, list[Registration]]


@pytest.fixture(scope="session")
def stacks() -> Stacks:
    """What dev and prod register."""
    return {name: recording.record(name) for name in ("dev", "prod")}


@pytest.fixture(scope="session")
def packs() -> Iterator[dict[str, Any]]:
    """The pack as a process, at the levels of dev and of prod."""
    with process.running("dev") as dev, process.running("prod") as prod:
        yield {"dev": dev, "prod": prod}
