"""payments: Lambda and Aurora PostgreSQL. Charges once, refunds what was cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.blocks.alarms import WatchedOutbox
from components.blocks.endpoints import SECRETS_MANAGER, SNS
from components.blocks.function import Function
from components.blocks.generated_secret import GeneratedSecret, GeneratedSecretArgs, read_secret
from components.blocks.grants import Grant
from components.blocks.http_api import Route
from components.blocks.network import Network, SecurityGroup
from components.blocks.postgres import PORT, Postgres, PostgresArgs
from components.blocks.queue import VISIBILITY_FACTOR, Queue
from components.blocks.schedule import Schedule, ScheduleArgs
from components.blocks.slo import Indicator
from components.blocks.user_pool import CUSTOMER_SCOPE
from components.microservice import Compute, Microservice
from components.naming import Scope
from components.platform import Platform
from settings import PaymentsSettings, RelaySettings
from settings.payments import SWEEP_TIMEOUT_SECONDS

WEBHOOK_PATH = "/payments/webhooks/stripe"
ROUTES = (
    Route(key="GET /payments/{order_id}", scope=CUSTOMER_SCOPE, share=0.3),
    Route(key=f"POST {WEBHOOK_PATH}", scope=None, share=0.2),
)
BATCH_SIZE = 1
"""A slow provider must cost an order time and nothing else.

A charge may take three calls of 11 s. Ten of them in one invocation would outlive it, come back
together, and after `queue_max_receives` returns be dead letters that nobody tried, of orders that
their deadline cancels. One message per invocation is tried on its first receive: it ends charged,
declined, or UNKNOWN for the sweep, and nothing waits behind it but in the queue. Serial work is as
fast in batches of one; `events_concurrency_max` decides how much runs at a time. `settings` makes
sure that a whole charge fits in the function's timeout, and that a claim is not called stale while
its function may still run. If one is killed all the same, its claim is committed: the message
comes back as seen, and the sweep settles the payment.
"""
_WEBHOOK = "webhook"
_WEBHOOK_VARIABLE = "PAYMENTS_WEBHOOK_SECRET_ARN"
_MIGRATE_TIMEOUT_SECONDS = 300


@dataclass(frozen=True, kw_only=True)
class PaymentsArgs:
    """Arguments of `Payments`."""

    platform: Platform
    """what the service stands on"""
    settings: PaymentsSettings
    """the environment's values"""
    relay: RelaySettings
    """of which payments, that publishes by itself, shares when events wait too long"""


class Payments(Microservice[Postgres]):
    """Functions http, events, sweep and migrate; the schema is migrated before events flow."""

    http: Function

    def __init__(
        self, name: str, args: PaymentsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        self._args = args
        network, scope = args.platform.network, args.platform.scope.of(name)
        self._functions_group = network.security_group(
            scope, "functions", "The functions of payments"
        )
        self._migration_group = network.security_group(
            scope, "migration", "The migration of the payments database"
        )
        self._database_group = network.security_group(scope, "database", "The database of payments")
        self._proxy_group = self._create_proxy_group(network, scope)
        self._functions_group.allow_to(self._proxy_group or self._database_group, PORT)
        network.allow_apis(self._functions_group, SECRETS_MANAGER, SNS)
        self._migration_group.allow_to(self._database_group, PORT)
        network.allow_apis(self._migration_group, SECRETS_MANAGER)
        self._provider_groups = self._create_provider_groups()
        super().__init__(name, args.platform, opts)

    def _create_proxy_group(self, network: Network, scope: Scope) -> SecurityGroup | None:
        if not self._args.settings.database_proxied:
            return None
        group = network.security_group(scope, "proxy", "The proxy of the payments database")
        group.allow_to(self._database_group, PORT)
        return group

    @property
    def consumed_events(self) -> tuple[str, ...]:
        return ("OrderCancelled", "OrderPlaced", "StockRejected", "StockReserved")

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        return self.http.indicators()

    def _create_datastore(self) -> Postgres:
        settings = self._args.settings
        return Postgres(
            f"{self.name}-data",
            PostgresArgs(
                scope=self.scope,
                network=self.platform.network,
                group=self._database_group,
                proxy_group=self._proxy_group,
                boundary=self.platform.boundary,
                region=self.platform.region,
                database_name="payments",
                application_user="payments_app",
                migration_user="payments_migrator",
                connections_max=settings.database_connections_max,
                variable_prefix="PAYMENTS",
                engine_version=settings.database_engine_version,
                capacity_min_acu=settings.database_capacity_min_acu,
                capacity_max_acu=settings.database_capacity_max_acu,
                readers_count=settings.database_readers_count,
                backup_days=settings.database_backup_days,
                deletion_protected=settings.database_deletion_protected,
                log_retention_days=self.platform.functions.log_retention_days,
                key=self.key,
                log_key=self.platform.functions.log_key,
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
        connect = self.datastore.grant_connect()
        publish = self.platform.events.grant_publish()
        migrate = self._create_function(
            "migrate",
            _MIGRATE_TIMEOUT_SECONDS,
            [self.datastore.grant_migrate()],
            groups=[self._migration_group],
        )
        migration = self._run_migration(migrate)
        self.http = self._create_function(
            "http",
            settings.http_timeout_seconds,
            [connect, self._webhook_grant(), *self.platform.edge_grants()],
            after=[migration],
        )
        events = self._create_function(
            "events",
            settings.events_timeout_seconds,
            [connect, publish, *self._provider_grants(), self.queue.grant_trigger()],
            groups=[self._functions_group, *self._provider_groups],
            after=[migration],
        )
        self.queue.trigger(
            events,
            batch_size=BATCH_SIZE,
            concurrency_max=settings.events_concurrency_max,
            depends_on=[migration],
        )
        sweep = self._create_sweep([connect, publish, *self._provider_grants()], migration)
        behind_seconds = self._args.relay.alarm_behind_seconds
        outbox = WatchedOutbox(service=self.scope.service, behind_seconds=behind_seconds)
        return (self.http, events, sweep, migrate, outbox)

    def _create_sweep(self, grants: list[Grant], migration: pulumi.Resource) -> Function:
        sweep = self._create_function(
            "sweep",
            SWEEP_TIMEOUT_SECONDS,
            grants,
            groups=[self._functions_group, *self._provider_groups],
            after=[migration],
        )
        Schedule(
            f"{self.name}-sweep",
            ScheduleArgs(
                scope=self.scope,
                role="sweep",
                function=sweep,
                every_minutes=self._args.settings.sweep_interval_minutes,
                undelivered=self.queue,
            ),
            self._own(),
        )
        return sweep

    def _run_migration(self, migrate: Function) -> aws.lambda_.Invocation:
        return aws.lambda_.Invocation(
            f"{self.name}-migration",
            function_name=migrate.name,
            qualifier=migrate.version,
            input="{}",
            triggers={
                "code": self.platform.package("payments").sha256,
                "connections_max": str(self._args.settings.database_connections_max),
                "database": self.datastore.cluster.cluster_resource_id,
            },
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[
                    *(self.datastore, self._migration_group, self._database_group),
                    self.platform.network.endpoints,
                ],
            ),
        )

    def _create_provider_groups(self) -> list[SecurityGroup]:
        """Of those that call a provider in the internet: nobody else gets out of the VPC."""
        if self._args.settings.provider != "stripe":
            return []
        network, scope = self._args.platform.network, self._args.platform.scope.of("payments")
        group = network.security_group(
            scope, "provider", "The functions of payments that call its provider"
        )
        network.allow_apis(group, SECRETS_MANAGER)
        network.allow_internet(group, f"{group.label} to Stripe, whose addresses change")
        return [group]

    def _provider_grants(self) -> list[Grant]:
        if self._args.settings.provider != "stripe":
            return []
        secret_arn = self._args.settings.stripe_secret_arn
        return [read_secret("provider-key", secret_arn, "PAYMENTS_STRIPE_SECRET_ARN")]

    def _webhook_grant(self) -> Grant:
        """Read what proves the provider's webhooks: the provider's secret, or one of our own."""
        given = self._args.settings.webhook_secret_arn
        if given:
            return read_secret(_WEBHOOK, given, _WEBHOOK_VARIABLE)
        return GeneratedSecret(
            f"{self.name}-webhook",
            GeneratedSecretArgs(
                scope=self.scope,
                role=_WEBHOOK,
                recovery_days=self.platform.secrets_recovery_days,
                key=self.key,
                variable=_WEBHOOK_VARIABLE,
            ),
            self._own(),
        ).grant_read()

    def _create_function(
        self,
        role: str,
        timeout_seconds: int,
        grants: list[Grant],
        *,
        groups: Sequence[SecurityGroup] = (),
        after: Sequence[pulumi.Resource] = (),
    ) -> Function:
        settings = self._args.settings
        return self._create_packaged_function(
            "payments",
            role,
            settings,
            timeout_seconds,
            grants,
            environment={
                "PAYMENTS_PROVIDER": settings.provider,
                "PAYMENTS_CHARGE_STALE_SECONDS": str(settings.charge_stale_seconds),
            },
            network=self.platform.network.attach(*(groups or [self._functions_group])),
            after=after,
        )
