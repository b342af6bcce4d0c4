"""How a release takes over, as one value for functions and containers alike; pure.

CodeDeploy moves the weights of a function's alias, ECS those of a load balancer's rule: both are to
read the same value; nothing of either is made from it yet. Those who may look for it at AWS:
"traffic shifting" in CodeDeploy, "deployment strategy" in ECS.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ALL_AT_ONCE, LINEAR, CANARY = "all_at_once", "linear", "canary"
STRATEGIES = (ALL_AT_ONCE, LINEAR, CANARY)
ALL = 100
PERIODS, DATAPOINTS = 3, 2
"""An alarm that takes a release back fires when so many of the last periods were bad."""
BEFORE_TRAFFIC, AFTER_TRAFFIC = "BeforeAllowTraffic", "AfterAllowTraffic"
"""When CodeDeploy asks a hook."""
HOOK_MINUTES_MAX = 14
"""A hook watches through the bake time, and a function runs for 15 minutes at the most."""
_ECS_STRATEGIES = {ALL_AT_ONCE: "BLUE_GREEN", LINEAR: "LINEAR", CANARY: "CANARY"}
_CODE_DEPLOY_ALL_AT_ONCE = "CodeDeployDefault.LambdaAllAtOnce"
_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Step:
    """A share of the traffic, and how long it is watched."""

    percent: int
    minutes: int

    @property
    def seconds(self) -> int:
        """How long it is watched."""
        return self.minutes * _SECONDS


@dataclass(frozen=True, kw_only=True)
class ReleaseAlarm:
    """When a release is taken back: a larger share of its calls fails, for long enough."""

    failed_percent: float
    """of the calls in one period"""
    period_seconds: int

    @property
    def decides_seconds(self) -> int:
        """How long a release must be bad before the alarm can fire."""
        return self.period_seconds * DATAPOINTS


@dataclass(frozen=True, kw_only=True)
class Rollout:
    """The steps of a release, how long the old version is kept, and what takes it back."""

    strategy: str
    """one of `STRATEGIES`"""
    step_percent: int
    """canary: the share that goes first; linear: the share that each step adds"""
    step_minutes: int
    """how long a step is watched before the next"""
    bake_minutes: int
    """how long all of the traffic is watched before the release is final"""
    alarm: ReleaseAlarm | None
    """None: nothing takes a release back by itself"""
    hooked: bool
    """whether the smoke test asks the new version before traffic, and again while it bakes"""

    def steps(self) -> tuple[Step, ...]:
        """What the new version gets and for how long; the last step is all of it."""
        shares = {
            ALL_AT_ONCE: (),
            CANARY: (self.step_percent,),
            LINEAR: tuple(range(self.step_percent, ALL, self.step_percent)),
        }[self.strategy]
        gradual = (Step(percent=share, minutes=self.step_minutes) for share in shares)
        return (*gradual, Step(percent=ALL, minutes=self.bake_minutes))

    def hooks(self) -> tuple[str, ...]:
        """When CodeDeploy asks the smoke test."""
        return (BEFORE_TRAFFIC, AFTER_TRAFFIC) if self.hooked else ()

    def code_deploy_routing(self) -> dict[str, Any] | None:
        """`traffic_routing_config` of a deployment configuration; None: AWS has one of its own."""
        kinds = {LINEAR: ("TimeBasedLinear", "linear"), CANARY: ("TimeBasedCanary", "canary")}
        if self.strategy not in kinds:
            return None
        kind, member = kinds[self.strategy]
        timing = {"interval": self.step_minutes, "percentage": self.step_percent}
        return {"type": kind, f"time_based_{member}": timing}

    @property
    def code_deploy_default(self) -> str:
        """The deployment configuration that AWS has where `code_deploy_routing` is None."""
        return _CODE_DEPLOY_ALL_AT_ONCE

    def ecs_deployment(self) -> dict[str, Any]:
        """`deployment_configuration` of a service behind a load balancer."""
        minutes, percent = str(self.step_minutes), float(self.step_percent)
        members: Mapping[str, dict[str, Any]] = {
            LINEAR: {
                "linear_configuration": {
                    "step_bake_time_in_minutes": minutes,
                    "step_percent": percent,
                }
            },
            CANARY: {
                "canary_configuration": {
                    "canary_bake_time_in_minutes": minutes,
                    "canary_percent": percent,
                }
            },
        }
        return {
            "strategy": _ECS_STRATEGIES[self.strategy],
            "bake_time_in_minutes": str(self.bake_minutes),
            **members.get(self.strategy, {}),
        }
