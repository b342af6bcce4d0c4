"""How many messages a task handles in a second: by measured CPU time, and its share of a CPU."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

MEASURED = Path(__file__).parent / "measured.toml"
_UNITS_PER_CPU = 1024


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What `tools.scaling.measure` found."""

    measured_on: str
    command: str
    machine: str
    messages: int
    cpu_ms_per_message: float
    """CPU time of the worker's process"""
    messages_per_second: float
    """by the clock, beside the emulator and the rest of the shop: what this machine does"""


def measured() -> Measured:
    """The latest measurement."""
    return Measured(**tomllib.loads(MEASURED.read_text("utf-8")))


def rate(cpu_units: int, cpu_ms: float) -> float:
    """Messages a second that the task's CPU bears."""
    return cpu_units / _UNITS_PER_CPU * 1000 / cpu_ms


def cpu_percent(handled_per_second: float, cpu_units: int, cpu_ms: float) -> float:
    """How much of one task's CPU so many messages take."""
    return 100 * handled_per_second * cpu_ms / 1000 / (cpu_units / _UNITS_PER_CPU)
