"""What tells whether a function is well."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pulumi

from components.blocks.alarms import NAMESPACE, AlarmSpec, Metric
from components.blocks.slo import Indicator, request_indicators

SATURATED_SHARE = 0.9
"""Of its limit: a function that runs so many instances for minutes is short of them."""


@dataclass(frozen=True, kw_only=True)
class FunctionHealth:
    """The metrics of one function, and when they are bad."""

    service: str
    role: str
    name: pulumi.Output[str]
    """physical"""
    latency_ms: int
    """p99 duration that raises an alarm, and the duration of a slow request"""
    limit: int
    """instances at the most; 0 where only the account's limit holds"""

    def alarms(self) -> tuple[AlarmSpec, ...]:
        """Errors, throttles, slow p99, and saturation where the function has a limit."""
        return (
            *self._saturation(),
            self._alarm("errors", "fails", "function-errors", "Errors", "Sum", 0),
            self._alarm("throttles", "is throttled", "function-throttles", "Throttles", "Sum", 0),
            self._alarm(
                "latency", "is slow at p99 (ms)", "latency", "Duration", "p99", self.latency_ms
            ),
        )

    def indicators(self) -> tuple[Indicator, ...]:
        """Of a function that answers HTTP: requests that fail by our fault, and slow ones."""
        answered = Metric(
            namespace=NAMESPACE,
            name="Http5xx",
            dimensions={"service": self.service},
            statistic="Sum",
        )
        crashed, asked, slow, timed = (
            Metric(
                namespace="AWS/Lambda",
                name=name,
                dimensions={"FunctionName": self.name},
                statistic=statistic,
            )
            for name, statistic in (
                ("Errors", "Sum"),
                ("Invocations", "Sum"),
                ("Duration", f"TC({self.latency_ms}:)"),
                ("Duration", "SampleCount"),
            )
        )
        return request_indicators((answered, crashed), asked, slow, timed)

    def _saturation(self) -> tuple[AlarmSpec, ...]:
        if not self.limit:
            return ()
        near = self.limit * SATURATED_SHARE
        what = f"runs near its limit of {self.limit} instances"
        metric = "ConcurrentExecutions"
        spec = self._alarm("saturation", what, "function-saturation", metric, "Maximum", near)
        return (replace(spec, periods=5, datapoints=5),)

    def _alarm(
        self, kind: str, what: str, runbook: str, metric: str, statistic: str, threshold: float
    ) -> AlarmSpec:
        return AlarmSpec(
            role=f"{self.role}-{kind}",
            description=f"{self.role} function {what}.",
            runbook=runbook,
            namespace="AWS/Lambda",
            metric=metric,
            dimensions={"FunctionName": self.name},
            statistic=statistic,
            threshold=threshold,
            periods=3,
            datapoints=2,
        )
