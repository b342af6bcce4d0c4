"""One value says how a release takes over, to CodeDeploy and to ECS alike."""

from __future__ import annotations

from typing import Any

import pytest

from components.rollout import ALL_AT_ONCE, CANARY, LINEAR, ReleaseAlarm, Rollout, Step


def rollout(strategy: str, percent: int = 10) -> Rollout:
    return Rollout(
        strategy=strategy,
        step_percent=percent,
        step_minutes=5,
        bake_minutes=4,
        alarm=ReleaseAlarm(failed_percent=5, period_seconds=60),
        hooked=True,
    )


@pytest.mark.parametrize(
    ("strategy", "percent", "shares"),
    [
        (ALL_AT_ONCE, 10, [100]),
        (CANARY, 10, [10, 100]),
        (LINEAR, 25, [25, 50, 75, 100]),
        (LINEAR, 30, [30, 60, 90, 100]),
        (LINEAR, 50, [50, 100]),
    ],
)
def test_steps_end_with_everything(strategy: str, percent: int, shares: list[int]) -> None:
    steps = rollout(strategy, percent).steps()

    assert [step.percent for step in steps] == shares
    assert steps[-1] == Step(percent=100, minutes=4)
    assert {step.seconds for step in steps[:-1]} <= {300}


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        (ALL_AT_ONCE, None),
        (
            CANARY,
            {"type": "TimeBasedCanary", "time_based_canary": {"interval": 5, "percentage": 10}},
        ),
        (
            LINEAR,
            {"type": "TimeBasedLinear", "time_based_linear": {"interval": 5, "percentage": 10}},
        ),
    ],
)
def test_codedeploy_is_told_the_same_steps(strategy: str, expected: dict[str, Any] | None) -> None:
    assert rollout(strategy).code_deploy_routing() == expected


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        (ALL_AT_ONCE, {"strategy": "BLUE_GREEN"}),
        (
            CANARY,
            {
                "strategy": "CANARY",
                "canary_configuration": {
                    "canary_bake_time_in_minutes": "5",
                    "canary_percent": 10.0,
                },
            },
        ),
        (
            LINEAR,
            {
                "strategy": "LINEAR",
                "linear_configuration": {"step_bake_time_in_minutes": "5", "step_percent": 10.0},
            },
        ),
    ],
)
def test_ecs_is_told_the_same_steps(strategy: str, expected: dict[str, Any]) -> None:
    assert rollout(strategy).ecs_deployment() == {"bake_time_in_minutes": "4", **expected}


def test_an_alarm_needs_two_bad_periods() -> None:
    assert ReleaseAlarm(failed_percent=5, period_seconds=300).decides_seconds == 600


def test_hooks_come_before_and_after_traffic_or_not_at_all() -> None:
    unhooked = Rollout(**{**vars(rollout(CANARY)), "hooked": False})

    assert rollout(CANARY).hooks() == ("BeforeAllowTraffic", "AfterAllowTraffic")
    assert unhooked.hooks() == ()
