"""Runs every benchmark and prints each figure beside its promise."""

from __future__ import annotations

import os
import platform
import sys
from datetime import UTC, datetime

from tools.bench import builds, differences, engine, imports, policies, shop


def main() -> int:
    """Exit 0 when every promise is met, 1 otherwise."""
    _print(
        f"{datetime.now(UTC):%Y-%m-%d} · {os.cpu_count()} cores · {platform.machine()} · "
        f"Python {platform.python_version()}"
    )
    missed = 0
    for section in (imports, builds, policies, differences, shop, engine):
        for figure in section.measure():
            _print(figure.row())
            missed += figure.verdict == "MISSED"
    return 1 if missed else 0


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
