"""What differs between dev and prod: the whole command, as `make env-diff` runs it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tools.bench.figures import Figure

_ROOT = Path(__file__).parents[2]


def measure() -> Iterator[Figure]:
    """Seconds until every difference is explained."""
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "tools.env_diff"],
        cwd=_ROOT,
        capture_output=True,
        check=True,
        timeout=600,
    )
    took = time.perf_counter() - started
    yield Figure(name="explaining dev and prod (make env-diff)", value=took, unit="s", limit=60)
