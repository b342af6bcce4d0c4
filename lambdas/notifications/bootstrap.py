"""Builds notifications' clients, store and logic, once per process."""

from __future__ import annotations

from functools import cache

from common.aws import client
from common.env import load
from common.table import Table
from notifications.alerts import SnsAlerts
from notifications.env import NotificationsEnvironment
from notifications.logic import Inbox, Notifier
from notifications.preferences import PreferenceDesk
from notifications.store import DynamoNotificationStore


@cache
def environment() -> NotificationsEnvironment:
    """Raises ConfigurationError when a variable is missing or does not fit."""
    return load(NotificationsEnvironment)


@cache
def notifier() -> Notifier:
    """What the queue's consumer needs."""
    return Notifier(_store(), _store(), _alerts())


@cache
def inbox() -> Inbox:
    """What reading an inbox needs."""
    return Inbox(_store())


@cache
def preference_desk() -> PreferenceDesk:
    """What reading and changing preferences needs."""
    return PreferenceDesk(_store(), _alerts())


@cache
def _store() -> DynamoNotificationStore:
    return DynamoNotificationStore(
        Table(client("dynamodb"), environment().notifications_table_name)
    )


@cache
def _alerts() -> SnsAlerts:
    return SnsAlerts(client("sns"), environment().notifications_alerts_topic_arn)
