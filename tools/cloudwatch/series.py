"""Samples of metrics, and the statistic of each period."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

Points = tuple[float | None, ...]
"""One value for each period, oldest first; None where nothing was emitted."""
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d+)?|100)")
_BETWEEN = re.compile(r"TC\((\d*\.?\d*):(\d*\.?\d*)\)")
_STATISTICS: dict[str, Callable[[Sequence[float]], float]] = {
    "Sum": math.fsum,
    "Average": lambda values: math.fsum(values) / len(values),
    "Maximum": max,
    "Minimum": min,
    "SampleCount": len,
}


@dataclass(frozen=True)
class Metric:
    """A metric's identity: CloudWatch takes each set of dimensions for a metric of its own."""

    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, namespace: str, name: str, dimensions: Mapping[str, str] | None) -> Metric:
        """A metric by its dimensions as a mapping."""
        return cls(namespace, name, frozenset((dimensions or {}).items()))


@dataclass(frozen=True)
class Sample:
    """One value that was emitted `at` a second."""

    metric: Metric
    at: float
    value: float


def statistic(name: str, values: Sequence[float]) -> float:
    """`Sum`, `Average`, `Maximum`, `Minimum`, `SampleCount`, a percentile such as `p99.9`, or
    `TC(low:high)`: how many values are above `low` and not above `high`; either may be left out.
    """
    if chosen := _STATISTICS.get(name):
        return float(chosen(values))
    if found := _PERCENTILE.fullmatch(name):
        rank = math.ceil(float(found[1]) / 100 * len(values))
        return sorted(values)[max(rank, 1) - 1]
    if found := _BETWEEN.fullmatch(name):
        low, high = float(found[1] or "-inf"), float(found[2] or "inf")
        return float(sum(low < value <= high for value in values))
    raise ValueError(f"statistic {name!r} is unknown here: add it to tools/cloudwatch/series.py")


def by_period(
    samples: Iterable[Sample],
    metric: Metric,
    name: str,
    *,
    period: int,
    periods: int,
    until: float,
) -> Points:
    """The statistic of each of the last `periods` periods of `period` seconds before `until`."""
    begin = until - periods * period
    found: list[list[float]] = [[] for _ in range(periods)]
    for sample in samples:
        if sample.metric == metric and begin <= sample.at < until:
            found[int((sample.at - begin) // period)].append(sample.value)
    return tuple(statistic(name, values) if values else None for values in found)
