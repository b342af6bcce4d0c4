"""notifications: Lambda, DynamoDB and SNS. Tells each customer what became of an order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components.blocks.function import Function
from components.blocks.grants import Grant, Statement
from components.blocks.http_api import Route
from components.blocks.queue import VISIBILITY_FACTOR, Queue
from components.blocks.slo import Indicator
from components.blocks.table import Table, TableArgs
from components.blocks.topic import Topic, TopicArgs
from components.blocks.user_pool import CUSTOMER_SCOPE
from components.blocks.websocket_api import WebSocketApi, WebSocketApiArgs
from components.microservice import Compute, Microservice, capacity_of
from components.platform import Platform
from settings import NotificationsSettings

ROUTES = tuple(
    Route(key=key, scope=CUSTOMER_SCOPE, share=share)
    for key, share in (
        ("GET /notifications", 0.5),
        ("GET /notifications/preferences", 0.1),
        ("PUT /notifications/preferences", 0.1),
        ("POST /notifications/tickets", 0.2),
    )
)
_TEXT_MESSAGES = Grant(
    statements=(
        Statement(
            sid="SendTextMessages",
            actions=("sns:Publish",),
            except_resources=("arn:*:sns:*:*:*",),
        ),
    )
)
"""A text message goes to a number, which has no ARN: everything that is not a topic."""


@dataclass(frozen=True, kw_only=True)
class NotificationsArgs:
    """Arguments of `Notifications`."""

    platform: Platform
    """what the service stands on"""
    settings: NotificationsSettings
    """the environment's values"""


class Notifications(Microservice[Table]):
    """Functions http and events; `customer_alerts` is the topic customers opt in to, `live` the
    API that those connect to who look on."""

    http: Function
    live: WebSocketApi
    customer_alerts: Topic

    def __init__(
        self, name: str, args: NotificationsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        self._args = args
        super().__init__(name, args.platform, opts)

    @property
    def consumed_events(self) -> tuple[str, ...]:
        return (
            "OrderCancelled",
            "OrderConfirmed",
            "OrderPlaced",
            "PaymentDeclined",
            "PaymentRefunded",
            "StockRejected",
        )

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        return self.http.indicators()

    def _create_datastore(self) -> Table:
        return Table(
            f"{self.name}-inbox",
            TableArgs(
                scope=self.scope,
                variable="NOTIFICATIONS_TABLE_NAME",
                deletion_protected=self._args.settings.table_deletion_protected,
                key=self.key,
                capacity=capacity_of(self._args.settings),
            ),
            pulumi.ResourceOptions(parent=self, aliases=[pulumi.Alias(name=f"{self.name}-data")]),
        )

    def _create_queue(self) -> Queue:
        settings = self._args.settings
        return self._create_events_queue(
            settings, VISIBILITY_FACTOR * settings.events_timeout_seconds
        )

    def _create_compute(self) -> Compute:
        self.live = self._create_live_api()
        self.customer_alerts = Topic(
            f"{self.name}-alerts",
            TopicArgs(
                scope=self.scope,
                role="customer-alerts",
                variable="NOTIFICATIONS_ALERTS_TOPIC_ARN",
                key=self.key,
            ),
            self._own(),
        )
        self.http = self._create_http()
        self.live.admit_by(self.http)
        return (self.http, self._create_events(), self.live)

    def _create_live_api(self) -> WebSocketApi:
        settings, domain = self._args.settings, self.platform.domain
        return WebSocketApi(
            f"{self.name}-live",
            WebSocketApiArgs(
                scope=self.scope,
                role="alerts",
                throttle_rate=settings.live_throttle_rate,
                throttle_burst=settings.live_throttle_burst,
                log_retention_days=self.platform.functions.log_retention_days,
                log_key=self.platform.functions.log_key,
                domain=domain.below("alerts") if domain else None,
                connections_variable="NOTIFICATIONS_CONNECTIONS_URL",
            ),
            self._own(),
        )

    def _create_http(self) -> Function:
        settings = self._args.settings
        return self._create_function(
            "http",
            settings.http_timeout_seconds,
            [
                self.datastore.grant("Inbox", ["DeleteItem", "GetItem", "PutItem", "Query"]),
                self.customer_alerts.grant_manage_subscriptions(),
                self.live.grant_close(),
                *self.platform.edge_grants(),
            ],
            {
                "NOTIFICATIONS_ALERTS_URL": self.live.url,
                "NOTIFICATIONS_TICKET_SECONDS": str(settings.live_ticket_seconds),
                "NOTIFICATIONS_CONNECTIONS_MAX": str(settings.live_connections_max),
            },
        )

    def _create_events(self) -> Function:
        settings = self._args.settings
        events = self._create_function(
            "events",
            settings.events_timeout_seconds,
            [
                self.datastore.grant(
                    "Inbox", ["DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"]
                ),
                self.customer_alerts.grant_publish(),
                _TEXT_MESSAGES,
                self.live.grant_send(),
                self.queue.grant_trigger(),
            ],
            {},
        )
        self.queue.trigger(events, batch_size=10, concurrency_max=settings.events_concurrency_max)
        return events

    def _create_function(
        self,
        role: str,
        timeout_seconds: int,
        grants: list[Grant],
        environment: Mapping[str, pulumi.Input[str]],
    ) -> Function:
        return self._create_packaged_function(
            "notifications",
            role,
            self._args.settings,
            timeout_seconds,
            grants,
            environment=environment,
        )
