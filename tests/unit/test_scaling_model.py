"""The parts of the simulation: target tracking by the minute, and a queue with its redrive."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tools.cost.prices import load
from tools.scaling.prices import task_hour_dollars
from tools.scaling.queue import SimulatedQueue
from tools.scaling.rates import cpu_percent, rate
from tools.scaling.registered import Consumer, Policy
from tools.scaling.tracking import Tracking

CPU = Policy(metric="cpu", target=60, scale_out_cooldown=180, scale_in_cooldown=300)
BACKLOG = replace(CPU, metric="backlog", target=100)
CONSUMER = Consumer(
    stack="test",
    service="worker",
    least=2,
    most=20,
    policies=(CPU, BACKLOG),
    region="eu-west-1",
    chip="ARM64",
    cpu_units=512,
    memory_mb=1024,
    max_receives=3,
    visibility_seconds=60,
    objective_seconds=60,
)


def decisions(tracking: Tracking, *values: tuple[float, float], begin: int = 0) -> list[int]:
    """What is desired after each minute's CPU and backlog."""
    return [
        tracking.decide(60 * (begin + minute), {"cpu": cpu, "backlog": waiting})
        for minute, (cpu, waiting) in enumerate(values)
    ]


def test_three_minutes_above_the_target_add_tasks_in_proportion() -> None:
    assert decisions(Tracking(CONSUMER, 4), *[(90, 0)] * 3) == [4, 4, 6]


def test_two_minutes_above_the_target_add_nothing() -> None:
    assert decisions(Tracking(CONSUMER, 4), (90, 0), (90, 0), (50, 0), (90, 0), (90, 0)) == [4] * 5


def test_the_policy_that_wants_most_decides() -> None:
    assert decisions(Tracking(CONSUMER, 4), *[(90, 300)] * 3)[-1] == 12


def test_no_more_tasks_than_the_most() -> None:
    assert decisions(Tracking(CONSUMER, 4), *[(90, 9000)] * 3)[-1] == 20


def test_within_the_cooldown_what_was_added_counts() -> None:
    tracking = Tracking(CONSUMER, 4)

    assert decisions(tracking, *[(90, 0)] * 5) == [4, 4, 6, 6, 6]
    assert decisions(tracking, (90, 0), begin=5) == [9]


def test_within_the_cooldown_a_larger_need_is_met_at_once() -> None:
    assert decisions(Tracking(CONSUMER, 4), *[(90, 0)] * 3, (90, 250)) == [4, 4, 6, 6]
    assert decisions(Tracking(CONSUMER, 4), *[(90, 150)] * 3, (90, 250)) == [4, 4, 6, 10]


def test_tasks_go_when_every_policy_is_low_for_a_quarter_of_an_hour() -> None:
    tracking = Tracking(CONSUMER, 10)

    assert decisions(tracking, *[(30, 0)] * 14) == [10] * 14
    assert decisions(tracking, (30, 0), begin=14) == [5]


def test_tasks_stay_while_one_policy_is_not_low() -> None:
    assert decisions(Tracking(CONSUMER, 20), *[(55, 0)] * 30)[-1] == 20
    assert decisions(Tracking(CONSUMER, 10), *[(30, 95)] * 30)[-1] == 10


def test_tasks_go_once_in_a_cooldown_and_never_below_the_least() -> None:
    tracking = Tracking(CONSUMER, 10)

    assert decisions(tracking, *[(30, 0)] * 19)[14:] == [5] * 5
    assert decisions(tracking, (30, 0), begin=19) == [3]
    assert decisions(tracking, *[(0, 0)] * 6, begin=20)[-1] == 2


def test_a_queue_is_worked_off_oldest_first() -> None:
    queue = SimulatedQueue(3)
    queue.send(0, 10, 0)
    queue.send(5, 10, 0)

    assert queue.oldest_age(7) == 7
    assert queue.receive(7, 15) == 15
    assert (queue.visible(7), queue.oldest_age(7)) == (5, 2)
    assert queue.receive(8, 15) == 5
    assert (queue.visible(8), queue.oldest_age(8)) == (0, 0)


def test_a_message_that_fails_rests_and_is_a_dead_letter_after_its_last_receive() -> None:
    queue = SimulatedQueue(3)
    queue.send(0, 0, 4)
    received = {second: queue.receive(second, 10) for second in range(60)}

    assert {second: count for second, count in received.items() if count} == {0: 4, 2: 4, 12: 4}
    assert queue.dead_letters == 4


def test_from_its_third_receive_a_message_is_no_longer_the_oldest() -> None:
    queue = SimulatedQueue(5)
    queue.send(0, 0, 1)
    ages = []
    for second in range(20):
        queue.receive(second, 10)
        ages.append(queue.oldest_age(second))

    assert max(ages) == ages[11] == 11
    assert ages[12:] == [0] * 8


def test_what_a_lost_task_had_in_hand_comes_back_after_the_visibility_timeout() -> None:
    queue = SimulatedQueue(3)
    queue.send(0, 10, 0)
    queue.lose(0, 4, 30)

    assert queue.receive(0, 20) == 6
    assert [queue.receive(second, 20) for second in (1, 29, 30)] == [0, 0, 4]
    assert queue.dead_letters == 0


def test_a_message_in_hand_of_a_lost_task_counts_as_the_oldest() -> None:
    queue = SimulatedQueue(3)
    queue.send(0, 1, 0)
    queue.lose(0, 1, 30)

    assert (queue.visible(29), queue.oldest_age(29)) == (0, 29)


def test_a_rate_follows_from_the_share_of_a_cpu() -> None:
    assert rate(512, 2.0) == 250
    assert rate(256, 2.0) == 125
    assert cpu_percent(125, 512, 2.0) == pytest.approx(50)


def test_a_task_costs_its_share_of_a_cpu_and_of_memory() -> None:
    table = load()
    vcpu = table.price("fargate-arm64-vcpu-hours", "eu-west-1").usd
    gb = table.price("fargate-arm64-gb-hours", "eu-west-1").usd

    assert task_hour_dollars(CONSUMER) == pytest.approx(vcpu / 2 + gb)
