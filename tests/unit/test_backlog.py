"""What may wait for a task, and how many tasks a backlog asks for."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components import backlog

MESSAGES = st.integers(0, 1_000_000)
TASKS = st.integers(1, 1000)
TARGETS = st.integers(1, 10_000)


@pytest.mark.parametrize(
    ("delay", "rate", "messages"), [(5, 220, 1100), (0.5, 110, 55), (10, 0.01, 1), (1.5, 3, 4)]
)
def test_what_may_wait_is_what_a_task_handles_within_the_delay(
    delay: float, rate: float, messages: int
) -> None:
    assert backlog.acceptable(delay, rate) == messages


def test_without_a_task_the_whole_backlog_waits_for_the_first() -> None:
    assert backlog.per_task(500, 0) == 500
    assert backlog.per_task(500, 4) == 125


def test_the_expression_says_what_the_function_computes() -> None:
    """CloudWatch's IF(condition, then, else), in words of Python."""
    inside = backlog.PER_TASK.removeprefix("IF(").removesuffix(")")
    condition, then, otherwise = inside.split(", ")
    for messages, tasks in ((7, 0), (7, 2), (0, 3)):
        names = {"messages": messages, "tasks": tasks}
        chosen = then if eval(condition, {}, names) else otherwise  # noqa: S307 - our own text
        assert eval(chosen, {}, names) == backlog.per_task(messages, tasks)  # noqa: S307


@given(MESSAGES, TASKS, TARGETS)
def test_target_tracking_and_keda_ask_for_the_same_tasks(
    messages: int, tasks: int, target: int
) -> None:
    tracked = backlog.tasks_wanted(tasks, backlog.per_task(messages, tasks), target)

    assert tracked == pytest.approx(math.ceil(messages / target), abs=1)


@given(MESSAGES, TARGETS)
def test_what_waits_for_each_of_the_tasks_wanted_is_within_the_target(
    messages: int, target: int
) -> None:
    wanted = backlog.tasks_wanted(1, messages, target)

    assert backlog.per_task(messages, wanted) <= target or wanted == 0
