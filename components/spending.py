"""What an environment may spend, and who is told."""

from __future__ import annotations

from components.blocks.spending import Spending, SpendingArgs
from components.platform import Platform
from settings import SpendingSettings


def create_spending(platform: Platform, settings: SpendingSettings) -> None:
    """The limits of the environment; nothing where they are switched off."""
    if not settings.enabled:
        return
    Spending(
        "spending",
        SpendingArgs(
            scope=platform.scope.of("spending"),
            monthly_limit_usd=settings.monthly_limit_usd,
            anomaly_usd=settings.anomaly_usd,
            email=settings.email,
        ),
    )
