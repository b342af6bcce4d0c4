"""What an hour of a Fargate task costs, on ARM and on demand."""

from __future__ import annotations

_CPU_HOUR_DOLLARS, _GB_HOUR_DOLLARS = 0.03238, 0.00356
"""List prices of us-east-1, November 2026."""


def task_hour_dollars(cpu_units: int, memory_mb: int) -> float:
    """By the size of the task."""
    return cpu_units / 1024 * _CPU_HOUR_DOLLARS + memory_mb / 1024 * _GB_HOUR_DOLLARS
