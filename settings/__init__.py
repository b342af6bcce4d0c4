"""The only reader of `pulumi.Config`.

`load()` gives the values of `Pulumi.<stack>.yaml` as frozen dataclasses, or SettingsError with
every problem at once, each with key, value, rule and remedy.
"""

from settings.delivery import DeliverySettings
from settings.model import (
    ApiSettings,
    BackupsSettings,
    EdgeSettings,
    InventorySettings,
    NotificationsSettings,
    ObservabilitySettings,
    OrdersSettings,
    PaymentsSettings,
    PlatformSettings,
    RelaySettings,
    Settings,
    SpendingSettings,
)
from settings.reading import SettingsError, keys, load

__all__ = [
    "ApiSettings",
    "BackupsSettings",
    "DeliverySettings",
    "EdgeSettings",
    "InventorySettings",
    "NotificationsSettings",
    "ObservabilitySettings",
    "OrdersSettings",
    "PaymentsSettings",
    "PlatformSettings",
    "RelaySettings",
    "Settings",
    "SettingsError",
    "SpendingSettings",
    "keys",
    "load",
]
