"""Rules across what an environment decides of its releases."""

from __future__ import annotations

from collections.abc import Iterator

from components.rollout import ALL_AT_ONCE
from settings.delivery import DeliverySettings
from settings.model import (
    InventorySettings,
    NotificationsSettings,
    OrdersSettings,
    PaymentsSettings,
)

_ALARMED = "delivery:rollout_alarmed = False: must be true"


def rollout_contradictions(
    delivery: DeliverySettings,
    orders: OrdersSettings,
    payments: PaymentsSettings,
    inventory: InventorySettings,
    notifications: NotificationsSettings,
) -> Iterator[str]:
    """What a rollout needs: somebody who moves it, an alarm, and time for the alarm to fire."""
    protected = (
        orders.table_deletion_protected
        or payments.database_deletion_protected
        or inventory.table_deletion_protected
        or notifications.table_deletion_protected
    )
    if not delivery.rollout_alarmed and protected:
        yield (
            f"{_ALARMED} where a table or the ledger is protected, as in prod: a bad release "
            f"there must be taken back by itself; set it to true"
        )
    elif not delivery.rollout_alarmed and delivery.rollout_strategy != ALL_AT_ONCE:
        yield (
            f"{_ALARMED} with delivery:rollout_strategy = {delivery.rollout_strategy!r}: steps "
            f"that nothing watches only delay; set it to true, or the strategy to all_at_once"
        )
    yield from _unmoved(delivery)
    yield from _too_short(delivery)


def _unmoved(delivery: DeliverySettings) -> Iterator[str]:
    if delivery.codedeploy_enabled:
        return
    remedy = "delivery:codedeploy_enabled = False: nobody would do that; enable it, or"
    if delivery.rollout_strategy != ALL_AT_ONCE:
        yield (
            f"delivery:rollout_strategy = {delivery.rollout_strategy!r}: moves traffic step by "
            f"step, and {remedy} set the strategy to all_at_once"
        )
    for name in ("rollout_alarmed", "rollout_hooked"):
        if getattr(delivery, name):
            yield f"delivery:{name} = True: takes a release back, and {remedy} set it to false"


def _too_short(delivery: DeliverySettings) -> Iterator[str]:
    alarm = delivery.rollout.alarm
    if alarm is None:
        return
    stepped = () if delivery.rollout_strategy == ALL_AT_ONCE else ("rollout_step_minutes",)
    for name in (*stepped, "rollout_bake_minutes"):
        minutes: int = getattr(delivery, name)
        if minutes * 60 < alarm.decides_seconds:
            yield (
                f"delivery:{name} = {minutes}: must be at least {-(-alarm.decides_seconds // 60)} "
                f"with delivery:rollout_alarm_period_seconds = {alarm.period_seconds}, or it is "
                f"over before the alarm can fire; raise it"
            )
