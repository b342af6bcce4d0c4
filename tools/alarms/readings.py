"""Stretches of a run, laid on the grid of an alarm's periods: each stands for one period."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from tools.cloudwatch.alarm import Band, MetricAlarm
from tools.cloudwatch.series import Sample
from tools.cloudwatch.states import State


@dataclass(frozen=True)
class Reading:
    """From one second to another, by the clock of the machine."""

    begin: float
    end: float


def laid(samples: Iterable[Sample], readings: Sequence[Reading], period: int) -> Iterator[Sample]:
    """The samples within the readings, the first reading from second 0 to `period`."""
    for sample in samples:
        for number, reading in enumerate(readings):
            if reading.begin <= sample.at < reading.end:
                share = (sample.at - reading.begin) / (reading.end - reading.begin)
                yield replace(sample, at=(number + share) * period)


def states(
    alarm: MetricAlarm, samples: Iterable[Sample], readings: Sequence[Reading], band: Band | None
) -> list[State]:
    """The alarm's state at the end of each reading; before the first it was OK."""
    placed = list(laid(samples, readings, alarm.period))
    found: list[State] = []
    for number in range(1, len(readings) + 1):
        before = found[-1] if found else State.OK
        found.append(alarm.state(placed, number * alarm.period, before, band))
    return found
