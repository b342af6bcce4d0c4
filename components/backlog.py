"""Arithmetic of scaling by backlog: how much may wait for each task, and how many that asks for.

A queue's length says nothing by itself: it matters how long the work takes. Those who may look
for it at AWS: "acceptable backlog per instance" is acceptable delay times rate of one instance.
"""

from __future__ import annotations

import math

PER_TASK = "IF(tasks > 0, messages / tasks, messages)"
"""`per_task` as CloudWatch's metric maths computes it.

With no task running it is the backlog itself: a division by zero would be no data, no scaling.
"""


def per_task(messages: float, tasks: float) -> float:
    """Messages that wait for each of `tasks`."""
    return messages / tasks if tasks > 0 else messages


def acceptable(delay_seconds: float, messages_per_second: float) -> int:
    """Messages that may wait for a task that handles so many a second: one at least."""
    return max(1, int(delay_seconds * messages_per_second))


def tasks_wanted(tasks: int, value: float, target: float) -> int:
    """Tasks that bring a metric per task from `value` to `target`, as target tracking counts.

    KEDA divides the whole queue by the target, which for `per_task` comes to the same number.
    """
    return math.ceil(tasks * value / target)
