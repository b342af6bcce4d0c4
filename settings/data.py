"""Rules across what environments decide of tables, backups and spending."""

from __future__ import annotations

from collections.abc import Iterator

from settings.model import (
    BackupsSettings,
    InventorySettings,
    NotificationsSettings,
    OrdersSettings,
    SpendingSettings,
    TableSettings,
)

COLD_DAYS_LEAST = 90
"""What AWS Backup charges for cold storage at the least, and so keeps there."""


def table_contradictions(
    orders: OrdersSettings, inventory: InventorySettings, notifications: NotificationsSettings
) -> Iterator[str]:
    """What a table's capacity asks for."""
    services: dict[str, TableSettings] = {
        "orders": orders,
        "inventory": inventory,
        "notifications": notifications,
    }
    for service, values in services.items():
        if values.table_capacity_min_units > values.table_capacity_max_units:
            yield (
                f"{service}:table_capacity_min_units = {values.table_capacity_min_units}: must not "
                f"exceed {service}:table_capacity_max_units = {values.table_capacity_max_units}; "
                f"lower it"
            )


def backup_contradictions(backups: BackupsSettings) -> Iterator[str]:
    """What cold storage and the vault's lock ask for."""
    cold_after = backups.weekly_cold_after_days
    if cold_after and backups.weekly_days < (least := cold_after + COLD_DAYS_LEAST):
        yield (
            f"backups:weekly_days = {backups.weekly_days}: must be at least {least} with "
            f"backups:weekly_cold_after_days = {cold_after}, since cold storage keeps for "
            f"{COLD_DAYS_LEAST} days; raise it, or set the latter to 0"
        )
    if backups.locked and not backups.enabled:
        yield (
            "backups:locked = True: there is no vault to lock while backups:enabled = False; "
            "set the latter to true, or the former to false"
        )


def spending_contradictions(spending: SpendingSettings) -> Iterator[str]:
    """Somebody must hear of it."""
    if spending.enabled and not spending.email:
        yield (
            "spending:email = '': must be an address while spending:enabled = True, or nobody "
            "hears of what is spent; set it"
        )
