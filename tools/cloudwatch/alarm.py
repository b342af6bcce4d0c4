"""One metric alarm as a stack registers it, and its state by what was emitted."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools.cloudwatch import maths
from tools.cloudwatch.series import Metric, Points, Sample, by_period
from tools.cloudwatch.states import Evaluation, Missing, State

Band = tuple[float, float]
"""What an anomaly detector expects: from, to."""
_BAND = "ANOMALY_DETECTION_BAND"
_AGAINST_THRESHOLD: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
_AGAINST_BAND: dict[str, Callable[[float, Band], bool]] = {
    "GreaterThanUpperThreshold": lambda value, band: value > band[1],
    "LessThanLowerThreshold": lambda value, band: value < band[0],
    "LessThanLowerOrGreaterThanUpperThreshold": lambda value, band: not band[0] <= value <= band[1],
}


class AlarmError(ValueError):
    """An alarm that is not understood here."""


@dataclass(frozen=True)
class Query:
    """What an alarm reads: a metric's statistic, or an expression over others' ids."""

    id: str
    metric: Metric | None
    statistic: str
    expression: str
    returned: bool


@dataclass(frozen=True, kw_only=True)
class MetricAlarm:
    """A metric alarm; `of` reads the inputs of `aws.cloudwatch.MetricAlarm`."""

    name: str
    queries: tuple[Query, ...]
    period: int
    evaluation: Evaluation
    comparison: str
    threshold: float | None

    @classmethod
    def of(cls, inputs: Mapping[str, Any]) -> MetricAlarm:
        """An alarm from what a program registered; raises AlarmError."""
        periods = int(inputs["evaluationPeriods"])
        comparison = str(inputs["comparisonOperator"])
        if comparison not in _AGAINST_THRESHOLD | _AGAINST_BAND:
            raise AlarmError(f"alarm {inputs['name']}: comparison {comparison!r} is unknown here")
        return cls(
            name=str(inputs["name"]),
            queries=_queries(inputs),
            period=_period(inputs),
            evaluation=Evaluation(
                periods=periods,
                datapoints=int(inputs.get("datapointsToAlarm") or periods),
                missing=Missing(inputs.get("treatMissingData") or "missing"),
            ),
            comparison=comparison,
            threshold=inputs.get("threshold"),
        )

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Every metric that it reads."""
        return tuple(query.metric for query in self.queries if query.metric is not None)

    def state(
        self,
        samples: Sequence[Sample],
        until: float,
        current: State = State.INSUFFICIENT_DATA,
        band: Band | None = None,
    ) -> State:
        """Its state at second `until`; an anomaly alarm is given its detector's `band`."""
        points = self._points(samples, until)
        breaches = self._breaches(band)
        return self.evaluation.state(
            [None if point is None else breaches(point) for point in points], current
        )

    def _points(self, samples: Sequence[Sample], until: float) -> Points:
        known: dict[str, Points] = {}
        for query in self.queries:
            if query.metric is None:
                continue
            known[query.id] = by_period(
                samples,
                query.metric,
                query.statistic,
                period=self.period,
                periods=self.evaluation.range,
                until=until,
            )
        waiting = [query for query in self.queries if query.expression]
        while waiting:
            query = waiting.pop(0)
            if maths.names(query.expression) & {other.id for other in waiting}:
                waiting.append(query)
            elif not query.expression.startswith(_BAND):
                known[query.id] = maths.evaluate(query.expression, known, self.evaluation.range)
        return known[self._watched().id]

    def _watched(self) -> Query:
        """What is compared: what it returns, bands apart."""
        returned = [
            query
            for query in self.queries
            if query.returned and not query.expression.startswith(_BAND)
        ]
        if len(returned) != 1:
            raise AlarmError(f"alarm {self.name} returns {len(returned)} series: it must be one")
        return returned[0]

    def _breaches(self, band: Band | None) -> Callable[[float], bool]:
        if self.comparison in _AGAINST_BAND:
            if band is None:
                raise AlarmError(f"alarm {self.name} compares with a band: give one")
            outside = _AGAINST_BAND[self.comparison]
            return lambda value: outside(value, band)
        if self.threshold is None:
            raise AlarmError(f"alarm {self.name} has no threshold")
        compare, threshold = _AGAINST_THRESHOLD[self.comparison], self.threshold
        return lambda value: compare(value, threshold)


def _queries(inputs: Mapping[str, Any]) -> tuple[Query, ...]:
    if not (given := inputs.get("metricQueries")):
        metric = Metric.of(inputs["namespace"], inputs["metricName"], inputs.get("dimensions"))
        chosen = inputs.get("statistic") or inputs["extendedStatistic"]
        return (Query("m", metric, chosen, "", returned=True),)
    return tuple(_query(each) for each in given)


def _query(given: Mapping[str, Any]) -> Query:
    returned = bool(given.get("returnData"))
    if not (read := given.get("metric")):
        return Query(given["id"], None, "", given["expression"], returned)
    metric = Metric.of(read["namespace"], read["metricName"], read.get("dimensions"))
    return Query(given["id"], metric, read["stat"], "", returned)


def _period(inputs: Mapping[str, Any]) -> int:
    """The alarm's period; all of its metrics must have the same."""
    given = [inputs] if "period" in inputs else []
    given += [each["metric"] for each in inputs.get("metricQueries") or () if each.get("metric")]
    periods = {int(each["period"]) for each in given if each.get("period")}
    if len(periods) != 1:
        raise AlarmError(f"alarm {inputs['name']} has periods {sorted(periods)}: it must be one")
    return periods.pop()
