"""Cold import of every Lambda handler: a fresh interpreter each time, best of nine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.bench.figures import Figure

_ROOT = Path(__file__).parents[2]
_RUNS = 9
_LIMITS = {
    "orders.handler": (480, 330),
    "notifications.handler": (480, 330),
    "relay.handler": (480, 330),
    "payments.handler": (520, 420),
}
_PROBE = """
import json, sys, time
start = time.perf_counter()
__import__(sys.argv[1])
print(json.dumps([len(sys.modules), (time.perf_counter() - start) * 1000]))
"""


def measure() -> Iterator[Figure]:
    """Modules and milliseconds per handler module."""
    for handler, (modules_limit, milliseconds_limit) in _LIMITS.items():
        runs = [_import_once(handler) for _ in range(_RUNS)]
        yield Figure(
            name=f"cold import of {handler}, modules",
            value=min(run[0] for run in runs),
            unit="modules",
            limit=modules_limit,
        )
        yield Figure(
            name=f"cold import of {handler}, best of {_RUNS}",
            value=min(run[1] for run in runs),
            unit="ms",
            limit=milliseconds_limit,
        )


def _import_once(handler: str) -> tuple[float, float]:
    environment = {"PYTHONPATH": str(_ROOT / "lambdas"), "PATH": os.environ["PATH"]}
    completed = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", _PROBE, handler],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    modules, milliseconds = json.loads(completed.stdout.splitlines()[-1])
    return modules, milliseconds
