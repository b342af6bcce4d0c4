"""Building the cloud stacks under mocks: one fresh interpreter per stack."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tools.bench.figures import Figure

_ROOT = Path(__file__).parents[2]
_PROBE = """
import sys
from local.sdk import import_by_class
import_by_class()
from tests.support import harness
print(len(harness.build_stack(sys.argv[1]).resources))
"""


def measure() -> Iterator[Figure]:
    """Seconds per stack, interpreter start and imports included; packages already built."""
    for environment in ("dev", "prod"):
        _build(environment)
        yield Figure(
            name=f"building {environment} under mocks, best of 3",
            value=min(_build(environment) for _ in range(3)),
            unit="s",
            limit=3,
        )


def _build(environment: str) -> float:
    started = time.perf_counter()
    subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", _PROBE, environment],
        cwd=_ROOT,
        capture_output=True,
        check=True,
        timeout=300,
    )
    return time.perf_counter() - started
