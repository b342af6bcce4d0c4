"""The state of an alarm by its most recent datapoints, missing ones included.

Source: Amazon CloudWatch user guide, "How alarm state is evaluated when data is missing" and
"Avoiding premature transitions to alarm state".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

_EXTRA_PERIODS = 2
"""CloudWatch looks further back than the evaluation periods; its examples show two more of three"""


class State(StrEnum):
    """What an alarm can say."""

    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


class Missing(StrEnum):
    """How an alarm treats periods without data."""

    MISSING = "missing"
    IGNORE = "ignore"
    BREACHING = "breaching"
    NOT_BREACHING = "notBreaching"


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """M of N datapoints, and what stands in for those that are missing."""

    periods: int
    datapoints: int
    missing: Missing

    @property
    def range(self) -> int:
        """How many periods are looked at."""
        return self.periods + _EXTRA_PERIODS

    def state(self, points: Sequence[bool | None], current: State) -> State:
        """The next state; of each period, oldest first: does it breach? None without data."""
        looked = list(points)[-self.range :]
        real = [point for point in looked if point is not None]
        if len(real) >= self.periods:
            return self._counted(sum(real[-self.periods :]))
        breaching, filled = sum(real), self.periods - len(real)
        match self.missing:
            case Missing.BREACHING:
                return self._counted(breaching + filled)
            case Missing.NOT_BREACHING:
                return self._counted(breaching)
        if breaching >= self.datapoints:
            return State.ALARM
        if breaching < len(real):
            return State.OK
        if self.missing is Missing.IGNORE:
            return current
        return State.ALARM if self._lasts(looked) else State.INSUFFICIENT_DATA

    def _counted(self, breaching: int) -> State:
        return State.ALARM if breaching >= self.datapoints else State.OK

    def _lasts(self, looked: Sequence[bool | None]) -> bool:
        """Whether the oldest breaching datapoint is as old as the datapoints asked for."""
        return True in looked and len(looked) - looked.index(True) >= self.datapoints
