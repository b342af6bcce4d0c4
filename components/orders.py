"""orders: Lambda and DynamoDB. Takes orders and decides, event by event, how each ends."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.blocks.alarms import NAMESPACE, Metric
from components.blocks.bucket import Bucket, BucketArgs
from components.blocks.endpoints import DYNAMODB
from components.blocks.function import Function, FunctionNetwork
from components.blocks.grants import Grant
from components.blocks.http_api import Route
from components.blocks.network import SecurityGroup
from components.blocks.outbox_relay import OUTBOX_INDEX, OutboxRelay, OutboxRelayArgs
from components.blocks.queue import VISIBILITY_FACTOR, Queue
from components.blocks.schedule import Schedule, ScheduleArgs
from components.blocks.slo import CONFIRMATION, Indicator
from components.blocks.table import Index, Table, TableArgs
from components.blocks.user_pool import CUSTOMER_SCOPE
from components.microservice import Compute, Microservice, capacity_of
from components.platform import Platform
from settings import OrdersSettings, RelaySettings

ROUTES = tuple(
    Route(key=key, scope=CUSTOMER_SCOPE, share=share)
    for key, share in (
        ("POST /orders", 0.2),
        ("GET /orders", 0.3),
        ("GET /orders/{order_id}", 0.5),
        ("GET /orders/{order_id}/timeline", 0.3),
        ("GET /orders/{order_id}/receipt", 0.1),
        ("PUT /orders/{order_id}/shipping-address", 0.1),
        ("POST /orders/{order_id}/cancel", 0.1),
    )
)
_RECEIPTS = "receipts/"
_BY_CUSTOMER = Index(name="by_customer", hash_key="customer_id", range_key="created_at")
_OPEN = Index(name="open", hash_key="open", range_key="deadline_at", projection="KEYS_ONLY")


@dataclass(frozen=True, kw_only=True)
class OrdersArgs:
    """Arguments of `Orders`."""

    platform: Platform
    """what the service stands on"""
    settings: OrdersSettings
    """the environment's values"""
    relay: RelaySettings
    """the relay's values"""
    availability: Grant
    """how to find and ask inventory"""
    confirmation_seconds: int
    """how long a customer waits at the most, by our promise"""


class Orders(Microservice[Table]):
    """Functions http, events and sweep; `group` is where its calls to inventory come from."""

    http: Function
    receipts: Bucket
    group: SecurityGroup

    def __init__(
        self, name: str, args: OrdersArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        self._args = args
        super().__init__(name, args.platform, opts)

    @property
    def consumed_events(self) -> tuple[str, ...]:
        return (
            "OrderCancelled",
            "OrderConfirmed",
            "PaymentCaptured",
            "PaymentDeclined",
            "PaymentRefunded",
            "ProductChanged",
            "StockRejected",
            "StockReleased",
            "StockReserved",
        )

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        return (*self.http.indicators(), self._confirmation())

    @property
    def confirmations(self) -> Metric:
        """Orders that were confirmed."""
        return self._counted("OrdersConfirmed", "Sum")

    def _confirmation(self) -> Indicator:
        overdue = self._counted("OrdersOverdue", "Sum")
        late = self._counted("SecondsToConfirmed", f"TC({self._args.confirmation_seconds}:)")
        all_timed = self._counted("SecondsToConfirmed", "SampleCount")
        return Indicator(
            role=CONFIRMATION,
            description="Orders are confirmed late or miss their deadline",
            bad=[late, overdue],
            total=[all_timed, overdue],
        )

    def _counted(self, name: str, statistic: str) -> Metric:
        dimensions = {"service": self.scope.service}
        return Metric(namespace=NAMESPACE, name=name, dimensions=dimensions, statistic=statistic)

    def _create_datastore(self) -> Table:
        return Table(
            f"{self.name}-data",
            TableArgs(
                scope=self.scope,
                variable="ORDERS_TABLE_NAME",
                deletion_protected=self._args.settings.table_deletion_protected,
                key=self.key,
                capacity=capacity_of(self._args.settings),
                indexes=[OUTBOX_INDEX, _BY_CUSTOMER, _OPEN],
                streamed=True,
            ),
            self._own(),
        )

    def _create_queue(self) -> Queue:
        settings = self._args.settings
        return self._create_events_queue(
            settings, VISIBILITY_FACTOR * settings.events_timeout_seconds
        )

    def _create_compute(self) -> Compute:
        settings = self._args.settings
        self.receipts = self._create_receipts()
        self.group = self.platform.network.security_group(
            self.scope, "http", "The function of the order API, which asks inventory"
        )
        self.platform.network.allow_apis(self.group, DYNAMODB)
        self.http = self._create_function(
            "http",
            settings.http_timeout_seconds,
            [
                self._http_grant(),
                self._args.availability,
                self.receipts.grant_read(_RECEIPTS),
                *self.platform.edge_grants(),
            ],
            self.platform.network.attach(self.group),
        )
        events = self._create_function(
            "events",
            settings.events_timeout_seconds,
            [
                self._events_grant(),
                self.queue.grant_trigger(),
                self.receipts.grant_write(_RECEIPTS),
            ],
        )
        self.queue.trigger(events, batch_size=10, concurrency_max=settings.events_concurrency_max)
        sweep = self._create_function(
            "sweep", settings.events_timeout_seconds, [self._sweep_grant()]
        )
        Schedule(
            f"{self.name}-sweep",
            ScheduleArgs(
                scope=self.scope,
                role="sweep",
                function=sweep,
                every_minutes=1,
                undelivered=self.queue,
            ),
            self._own(),
        )
        return (self.http, events, sweep, self._create_relay())

    def _create_receipts(self) -> Bucket:
        settings = self._args.settings
        return Bucket(
            f"{self.name}-receipts",
            BucketArgs(
                scope=self.scope,
                role="receipts",
                deletion_protected=settings.receipts_deletion_protected,
                noncurrent_days=settings.receipts_noncurrent_days,
                expire_days=settings.receipts_expire_days,
                key=self.key,
                variable="ORDERS_RECEIPTS_BUCKET_NAME",
            ),
            self._own(),
        )

    def _http_grant(self) -> Grant:
        return self.datastore.grant(
            "Orders",
            ["BatchGetItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"],
            indexes=[_BY_CUSTOMER.name],
        )

    def _events_grant(self) -> Grant:
        return self.datastore.grant("Orders", ["GetItem", "PutItem", "Query", "UpdateItem"])

    def _sweep_grant(self) -> Grant:
        return self.datastore.grant(
            "Orders", ["GetItem", "PutItem", "UpdateItem"], indexes=[_OPEN.name]
        )

    def _create_function(
        self,
        role: str,
        timeout_seconds: int,
        grants: list[Grant],
        network: FunctionNetwork | None = None,
    ) -> Function:
        settings = self._args.settings
        return self._create_packaged_function(
            "orders",
            role,
            settings,
            timeout_seconds,
            grants,
            environment={
                "ORDERS_DEADLINE_SECONDS": str(settings.deadline_seconds),
                "ORDERS_RECEIPT_LINK_SECONDS": str(settings.receipt_link_seconds),
                "INVENTORY_TIMEOUT_SECONDS": str(settings.availability_timeout_seconds),
            },
            network=network,
        )

    def _create_relay(self) -> OutboxRelay:
        return OutboxRelay(
            f"{self.name}-outbox",
            OutboxRelayArgs(
                scope=self.scope,
                defaults=self.platform.functions,
                code=self.platform.package("relay"),
                table=self.datastore,
                topic=self.platform.events,
                memory_mb=self._args.relay.function_memory_mb,
                timeout_seconds=self._args.relay.timeout_seconds,
                grace_seconds=self._args.relay.grace_seconds,
                behind_alarm_seconds=self._args.relay.alarm_behind_seconds,
                undelivered=self.queue,
                key=self.key,
            ),
            self._own(),
        )
