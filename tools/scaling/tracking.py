"""Target tracking as Application Auto Scaling does it, minute by minute.

From its user guide (target-tracking-scaling-policy-overview): it scales out in proportion to the
metric, as soon as one policy asks; it scales in when every policy is ready, to the largest of what
they want. A scale-out within another's cooldown counts what that one added; a scale-in waits for
its cooldown to end. Of the alarms that it makes, the high one takes three minutes above the
target, the low one fifteen minutes below nine tenths of it.
"""

from __future__ import annotations

from collections.abc import Mapping

from components.backlog import tasks_wanted
from tools.scaling.registered import Consumer, Policy

HIGH_DATAPOINTS = 3
LOW_DATAPOINTS = 15
LOW_SHARE = 0.9
_NEVER = float("-inf")


class Tracking:
    """Decides how many tasks are desired; told of each metric once a minute."""

    def __init__(self, consumer: Consumer, desired: int) -> None:
        self._consumer = consumer
        self._values: dict[str, list[float]] = {policy.metric: [] for policy in consumer.policies}
        self._before = desired
        """what was desired when the last scale-out began"""
        self._out_at = self._in_at = _NEVER
        self.desired = desired

    def decide(self, now: float, values: Mapping[str, float]) -> int:
        """The desired count at second `now`, after another datapoint of each metric."""
        for metric, value in values.items():
            self._values[metric] = [*self._values[metric], value][-LOW_DATAPOINTS:]
        policies = self._consumer.policies
        high = [policy for policy in policies if self._is_high(policy)]
        if high:
            self._scale_out(now, max(self._wanted_out(now, policy) for policy in high))
        elif all(self._is_low(policy) for policy in policies):
            self._scale_in(now, max(self._wanted(policy, self.desired) for policy in policies))
        return self.desired

    def _scale_out(self, now: float, wanted: int) -> None:
        wanted = min(wanted, self._consumer.most)
        if wanted <= self.desired:
            return
        if not any(self._cools(now, policy) for policy in self._consumer.policies):
            self._before = self.desired
        self.desired, self._out_at = wanted, now

    def _scale_in(self, now: float, wanted: int) -> None:
        longest = max(policy.scale_in_cooldown for policy in self._consumer.policies)
        wanted = max(wanted, self._consumer.least)
        if wanted < self.desired and now - self._in_at >= longest:
            self.desired, self._in_at = wanted, now

    def _wanted_out(self, now: float, policy: Policy) -> int:
        """Within the cooldown the metric is still that of the tasks from before."""
        return self._wanted(policy, self._before if self._cools(now, policy) else self.desired)

    def _cools(self, now: float, policy: Policy) -> bool:
        return now - self._out_at < policy.scale_out_cooldown

    def _wanted(self, policy: Policy, tasks: int) -> int:
        return tasks_wanted(tasks, self._values[policy.metric][-1], policy.target)

    def _is_high(self, policy: Policy) -> bool:
        latest = self._values[policy.metric][-HIGH_DATAPOINTS:]
        return len(latest) == HIGH_DATAPOINTS and min(latest) > policy.target

    def _is_low(self, policy: Policy) -> bool:
        latest = self._values[policy.metric]
        return len(latest) == LOW_DATAPOINTS and max(latest) < LOW_SHARE * policy.target
