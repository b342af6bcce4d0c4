"""A release that nobody moves, watches or has time to take back is refused from the start."""

from __future__ import annotations

import pytest

from tests.unit.test_settings import load, refused

_UNMOVED = "nobody would do that; enable it, or set"
CONTRADICTIONS: tuple[tuple[dict[str, str], str], ...] = (
    (
        {"delivery__rollout_alarmed": "false", "orders__table_deletion_protected": "true"}
        | {"keys__deletion_protected": "true"},
        "delivery:rollout_alarmed = False: must be true where a table or the ledger is protected, "
        "as in prod: a bad release there must be taken back by itself; set it to true",
    ),
    (
        {"delivery__rollout_alarmed": "false", "delivery__rollout_strategy": "linear"},
        "delivery:rollout_alarmed = False: must be true with delivery:rollout_strategy = "
        "'linear': steps that nothing watches only delay; set it to true, or the strategy to "
        "all_at_once",
    ),
    (
        {"delivery__rollout_bake_minutes": "1"},
        "delivery:rollout_bake_minutes = 1: must be at least 2 with "
        "delivery:rollout_alarm_period_seconds = 60, or it is over before the alarm can fire; "
        "raise it",
    ),
    (
        {"delivery__rollout_step_minutes": "9", "delivery__rollout_bake_minutes": "10"}
        | {"delivery__rollout_alarm_period_seconds": "300"},
        "delivery:rollout_step_minutes = 9: must be at least 10 with "
        "delivery:rollout_alarm_period_seconds = 300, or it is over before the alarm can fire; "
        "raise it",
    ),
    (
        {"delivery__codedeploy_enabled": "false", "delivery__rollout_hooked": "false"}
        | {"delivery__rollout_alarmed": "false"}
        | {"delivery__rollout_strategy": "canary"},
        "delivery:rollout_alarmed = False: must be true with delivery:rollout_strategy = "
        "'canary': steps that nothing watches only delay; set it to true, or the strategy to "
        "all_at_once\n"
        "delivery:rollout_strategy = 'canary': moves traffic step by step, and "
        f"delivery:codedeploy_enabled = False: {_UNMOVED} the strategy to all_at_once",
    ),
    *(
        (
            {"delivery__codedeploy_enabled": "false", "delivery__rollout_strategy": "all_at_once"}
            | {"delivery__rollout_alarmed": "false", "delivery__rollout_hooked": "false"}
            | {f"delivery__{name}": "true"},
            f"delivery:{name} = True: takes a release back, and delivery:codedeploy_enabled = "
            f"False: {_UNMOVED} it to false",
        )
        for name in ("rollout_alarmed", "rollout_hooked")
    ),
)


@pytest.mark.parametrize(("changes", "expected"), CONTRADICTIONS)
def test_a_rollout_that_contradicts_itself_is_refused(
    changes: dict[str, str], expected: str
) -> None:
    assert refused(**changes) == expected.split("\n")


def test_prod_is_refused_a_rollout_without_an_alarm() -> None:
    (problem,) = refused("prod", delivery__rollout_alarmed="false")

    assert "as in prod" in problem


@pytest.mark.parametrize(
    "changes",
    [
        {"delivery__rollout_bake_minutes": "2", "delivery__rollout_step_minutes": "2"},
        {"delivery__rollout_strategy": "all_at_once", "delivery__rollout_step_minutes": "1"},
        {
            "delivery__rollout_strategy": "all_at_once",
            "delivery__rollout_alarmed": "false",
            "delivery__rollout_hooked": "false",
            "delivery__rollout_bake_minutes": "0",
            "delivery__codedeploy_enabled": "false",
        },
    ],
)
def test_rollouts_that_just_agree_are_accepted(changes: dict[str, str]) -> None:
    load(**changes)


def test_prod_goes_by_a_canary_that_its_alarm_can_stop() -> None:
    rollout = load("prod").delivery.rollout

    assert [(step.percent, step.minutes) for step in rollout.steps()] == [(10, 5), (100, 5)]
    assert rollout.alarm is not None
    assert rollout.alarm.decides_seconds <= rollout.steps()[0].seconds
