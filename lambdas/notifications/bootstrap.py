"""Builds notifications' clients, store and logic, once per process."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

from common.aws import client
from common.clock import now
from common.env import load
from common.table import Table
from notifications.alerts import GatewayPusher, SnsAlerts
from notifications.connections import DynamoConnectionStore
from notifications.env import LiveEnvironment, NotificationsEnvironment
from notifications.live import LiveDesk, LiveLimits, LivePush
from notifications.logic import Inbox, Notifier
from notifications.preferences import PreferenceDesk
from notifications.store import DynamoNotificationStore

_PUSH_SECONDS = 1.0


@cache
def environment() -> NotificationsEnvironment:
    """Raises ConfigurationError when a variable is missing or does not fit."""
    return load(NotificationsEnvironment)


@cache
def notifier() -> Notifier:
    """What the queue's consumer needs."""
    live = LivePush(_connections(), _pusher(), clock=now)
    return Notifier(_store(), _store(), _alerts(), live)


@cache
def inbox() -> Inbox:
    """What reading an inbox needs."""
    return Inbox(_store())


@cache
def preference_desk() -> PreferenceDesk:
    """What reading and changing preferences needs."""
    return PreferenceDesk(_store(), _alerts())


@cache
def live_environment() -> LiveEnvironment:
    """Raises ConfigurationError when a variable is missing or does not fit."""
    return load(LiveEnvironment)


@cache
def live_desk() -> LiveDesk:
    """What giving tickets and admitting connections needs."""
    limits = LiveLimits(
        ticket_lifetime=timedelta(seconds=live_environment().notifications_ticket_seconds),
        connections_max=live_environment().notifications_connections_max,
    )
    return LiveDesk(_connections(), _connections(), _pusher(), limits, clock=now)


@cache
def _store() -> DynamoNotificationStore:
    return DynamoNotificationStore(_table())


@cache
def _connections() -> DynamoConnectionStore:
    return DynamoConnectionStore(_table())


@cache
def _table() -> Table:
    return Table(client("dynamodb"), environment().notifications_table_name)


@cache
def _pusher() -> GatewayPusher:
    """One attempt per connection; nobody waits for its client who has nobody to push to."""
    return GatewayPusher(
        lambda: client(
            "apigatewaymanagementapi",
            _PUSH_SECONDS,
            connect_timeout=_PUSH_SECONDS,
            attempts=1,
            endpoint_url=environment().notifications_connections_url,
        )
    )


@cache
def _alerts() -> SnsAlerts:
    return SnsAlerts(client("sns"), environment().notifications_alerts_topic_arn)
