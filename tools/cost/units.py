"""What one order uses, as it was counted, and the file that keeps it."""

from __future__ import annotations

import os
import platform
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tools.cost.prices import PriceError

UNITS = Path(__file__).with_name("units.toml")
COMMAND = "make cost COUNT=1"


@dataclass(frozen=True, kw_only=True)
class Units:
    """The count of a run of so many orders."""

    orders: int
    custom_metrics: int
    """metrics that functions and containers make by their logs"""
    worker_polls_per_second: float
    """of a worker without messages"""
    amounts: Mapping[str, float]
    """by what is charged, for one order"""
    milliseconds: Mapping[str, float]
    """of one invocation, by function"""

    def amount(self, key: str) -> float:
        """So much for one order; 0 where nothing of it was seen."""
        return self.amounts.get(key, 0.0)

    def clocked(self, function: str) -> float:
        """Milliseconds of a call by a clock; raises PriceError when none was measured."""
        return self._spent(f"{function}/scheduled")

    def spent(self, function: str) -> float:
        """Milliseconds of a call; raises PriceError when none was measured."""
        return self._spent(function)

    def _spent(self, name: str) -> float:
        if name not in self.milliseconds:
            raise PriceError(f"{name} was not measured: count again with {COMMAND}")
        return self.milliseconds[name]

    def under(self, group: str) -> dict[str, float]:
        """The amounts of one group, such as `invocations`, by name."""
        return {
            key.removeprefix(f"{group}/"): amount
            for key, amount in self.amounts.items()
            if key.startswith(f"{group}/")
        }


def load(path: Path = UNITS) -> Units:
    """The recorded count; raises PriceError when there is none."""
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise PriceError(f"{path}: {error.strerror}; count with {COMMAND}") from error
    return Units(
        orders=found["orders"],
        custom_metrics=found["custom_metrics"],
        worker_polls_per_second=found["worker_polls_per_second"],
        amounts=found["amounts"],
        milliseconds=found["milliseconds"],
    )


def save(units: Units, path: Path = UNITS) -> None:
    """Keep a count, with when and where it was made."""
    head = [
        "# What one order uses, counted in the local shop. Written by a command; do not edit.",
        "",
        f'command = "{COMMAND}"',
        f"date = {datetime.now(UTC):%Y-%m-%d}",
        f'machine = "{os.cpu_count()} cores, {platform.machine()}, {platform.python_version()}"',
        f"orders = {units.orders}",
        f"custom_metrics = {units.custom_metrics}",
        f"worker_polls_per_second = {units.worker_polls_per_second:.2f}",
    ]
    tables = [
        line
        for name, table in (("amounts", units.amounts), ("milliseconds", units.milliseconds))
        for line in ("", f"[{name}]", *(f'"{key}" = {value:.3f}' for key, value in table.items()))
    ]
    path.write_text("\n".join([*head, *tables, ""]), "utf-8")
