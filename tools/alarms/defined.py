"""The alarms of a stack, as it registers them, over metrics by the names in the program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from tools.alarms.emitted import Names, named, names_of
from tools.cloudwatch.alarm import MetricAlarm
from tools.policy import recording
from tools.policy.recording import Registration

_ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
_COMPOSITE = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
_FUNCTION = "aws:lambda/function:Function"


@dataclass(frozen=True, kw_only=True)
class Defined:
    """An alarm, by its name in the program: the same in every stack."""

    name: str
    alarm: MetricAlarm


@dataclass(frozen=True, kw_only=True)
class Composite:
    """An alarm over the states of others, which its rule names as AWS does."""

    name: str
    physical: str
    rule: str


@dataclass(frozen=True, kw_only=True)
class Stack:
    """What a stack registers, as far as its alarms are concerned."""

    name: str
    alarms: Sequence[Defined]
    composites: Sequence[Composite]
    functions: dict[str, dict[str, Any]]
    """the inputs of each function by its name in the program"""

    @classmethod
    def recorded(cls, name: str) -> Self:
        """A stack of the repository; raises RecordingError."""
        return cls.of(name, recording.record(name))

    @classmethod
    def of(cls, name: str, registrations: Sequence[Registration]) -> Self:
        """A stack from what its program registered."""
        names = names_of(
            (each.type, each.name, {"id": each.outputs.get("name"), **each.outputs})
            for each in registrations
        )
        return cls(
            name=name,
            alarms=[
                Defined(name=each.name, alarm=_by_names(MetricAlarm.of(each.inputs), names))
                for each in registrations
                if each.type == _ALARM
            ],
            composites=[
                Composite(
                    name=each.name,
                    physical=str(each.inputs["alarmName"]),
                    rule=str(each.inputs["alarmRule"]),
                )
                for each in registrations
                if each.type == _COMPOSITE
            ],
            functions={each.name: each.inputs for each in registrations if each.type == _FUNCTION},
        )

    def threshold(self, name: str) -> float:
        """Above what an alarm fires; 0 where the stack has no such alarm or it has a band."""
        found = [each.alarm.threshold for each in self.alarms if each.name == name]
        return float(found[0] or 0) if found else 0


def _by_names(alarm: MetricAlarm, names: Names) -> MetricAlarm:
    queries = tuple(
        replace(query, metric=named(query.metric, names)) if query.metric else query
        for query in alarm.queries
    )
    return replace(alarm, queries=queries)
