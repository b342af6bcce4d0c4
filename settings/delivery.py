"""What an environment decides of its releases, and the value that follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from components.rollout import HOOK_MINUTES_MAX, STRATEGIES, ReleaseAlarm, Rollout
from settings.rules import between, one_of


@dataclass(frozen=True, kw_only=True)
class DeliverySettings:
    """How a release takes over from what runs."""

    codedeploy_enabled: bool
    rollout_strategy: Annotated[str, one_of(*STRATEGIES)]
    rollout_step_percent: Annotated[int, between(3, 50)]
    rollout_step_minutes: Annotated[int, between(1, 60)]
    rollout_bake_minutes: Annotated[int, between(0, HOOK_MINUTES_MAX)]
    rollout_alarmed: bool
    rollout_alarm_percent: Annotated[float, between(0.1, 50)]
    rollout_alarm_period_seconds: Annotated[int, one_of(60, 120, 300)]
    rollout_hooked: bool

    @property
    def rollout(self) -> Rollout:
        """What functions and containers read."""
        alarm = ReleaseAlarm(
            failed_percent=self.rollout_alarm_percent,
            period_seconds=self.rollout_alarm_period_seconds,
        )
        return Rollout(
            strategy=self.rollout_strategy,
            step_percent=self.rollout_step_percent,
            step_minutes=self.rollout_step_minutes,
            bake_minutes=self.rollout_bake_minutes,
            alarm=alarm if self.rollout_alarmed else None,
            hooked=self.rollout_hooked,
        )
