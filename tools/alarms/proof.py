"""Which alarms fired for which fault, which were silent in a healthy shop, and which cannot be."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Self

from tools.alarms.defined import Stack
from tools.alarms.faults.fault import Fault
from tools.alarms.healthy import HEALTHY
from tools.alarms.readings import Reading, states
from tools.cloudwatch.alarm import Band, MetricAlarm
from tools.cloudwatch.composite import state_of
from tools.cloudwatch.series import Metric, Sample
from tools.cloudwatch.states import State

UNPROVABLE = Path(__file__).with_name("unprovable.toml")
_EXPECTED = Metric.of("Storefront", "OrdersConfirmed", {"service": "orders"})
_BAND = (0.5, 2.0)
"""Of what a healthy reading has at the least and at the most; CloudWatch learns it in two weeks."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """What a shop emitted, and when what was broken."""

    samples: Mapping[Metric, Sequence[Sample]]
    readings: Mapping[str, Sequence[Reading]]
    """by the name of the fault, and of the healthy run"""

    @classmethod
    def of(cls, samples: Iterable[Sample], readings: Mapping[str, Sequence[Reading]]) -> Self:
        """A run by all of its samples."""
        grouped: dict[Metric, list[Sample]] = {}
        for sample in samples:
            grouped.setdefault(sample.metric, []).append(sample)
        return cls(samples=grouped, readings=readings)

    def watched(self, alarm: MetricAlarm) -> list[Sample]:
        """The samples of an alarm's metrics."""
        return [sample for metric in set(alarm.metrics) for sample in self.samples.get(metric, ())]

    def band(self) -> Band:
        """What the anomaly detector is given to expect."""
        sold = [
            sum(
                sample.value
                for sample in self.samples.get(_EXPECTED, ())
                if reading.begin <= sample.at < reading.end
            )
            for reading in self.readings[HEALTHY.name]
        ]
        return min(sold) * _BAND[0], max(sold) * _BAND[1]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """An alarm of a stack, and what became of it."""

    alarm: str
    """as AWS calls it"""
    fired_by: str = ""
    unprovable: str = ""
    """why nothing here can make it fire"""
    wrong: str = ""
    """what is to be done"""


@dataclass
class States:
    """The states of all alarms of a stack at the end of each reading, composites included."""

    of: dict[str, list[State]] = field(default_factory=dict)

    @classmethod
    def during(cls, stack: Stack, run: Run, readings: Sequence[Reading], band: Band) -> States:
        """What the stack's alarms say of these readings."""
        found = cls()
        for each in stack.alarms:
            found.of[each.alarm.name] = states(each.alarm, run.watched(each.alarm), readings, band)
        waiting = list(stack.composites)
        while waiting:
            composite = waiting.pop(0)
            if any(f'"{other.physical}"' in composite.rule for other in waiting):
                waiting.append(composite)
                continue
            found.of[composite.physical] = [
                state_of(composite.rule, {name: given[place] for name, given in found.of.items()})
                for place in range(len(readings))
            ]
        return found

    def fired(self, alarm: str) -> bool:
        """Whether it was in alarm at the end of any reading."""
        return State.ALARM in self.of[alarm]


def reasons(path: Path = UNPROVABLE) -> dict[str, str]:
    """Why alarms cannot be proven here, by a pattern of their names in the program."""
    found = tomllib.loads(path.read_text("utf-8"))["alarm"]
    return {str(entry["pattern"]): str(entry["reason"]) for entry in found}


def judge(
    stacks: Sequence[Stack], run: Run, faults: Sequence[Fault], unprovable: Mapping[str, str]
) -> list[Verdict]:
    """A verdict for each alarm that the stacks define."""
    band = run.band()
    found = []
    for stack in stacks:
        during = {
            name: States.during(stack, run, readings, band)
            for name, readings in run.readings.items()
        }
        for each in stack.alarms:
            meant = [fault.name for fault in faults if fault.is_to_fire(each.name)]
            reason = [why for pattern, why in unprovable.items() if fnmatchcase(each.name, pattern)]
            found.append(_verdict(each.alarm.name, during, meant, reason))
        for composite in stack.composites:
            found.append(_verdict(composite.physical, during, [each.name for each in faults], []))
    names = {each.name for stack in stacks for each in stack.alarms}
    return [*found, *_idle(names, faults, unprovable)]


def _idle(
    names: Iterable[str], faults: Sequence[Fault], unprovable: Iterable[str]
) -> Iterator[Verdict]:
    """Patterns that belong to no alarm any more."""
    patterns = [*unprovable, *(pattern for fault in faults for pattern in fault.proves)]
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            yield Verdict(alarm=pattern, wrong="no stack has an alarm of this name: remove it")


def _verdict(
    alarm: str, during: Mapping[str, States], meant: Sequence[str], reason: Sequence[str]
) -> Verdict:
    if during[HEALTHY.name].fired(alarm):
        return Verdict(alarm=alarm, wrong="rang in the healthy run")
    if meant and reason:
        return Verdict(alarm=alarm, wrong="is to be proven and said not to be provable: choose one")
    if reason:
        return Verdict(alarm=alarm, unprovable=reason[0])
    if not meant:
        return Verdict(alarm=alarm, wrong="no fault names it: add one, or say why none can")
    fired = [fault for fault in meant if during[fault].fired(alarm)]
    if not fired:
        return Verdict(alarm=alarm, wrong=f"did not fire by {' or '.join(meant)}")
    return Verdict(alarm=alarm, fired_by=fired[0])
