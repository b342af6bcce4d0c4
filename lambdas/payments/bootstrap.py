"""Builds each function's clients, ledger and logic, once per process and when first needed.

botocore is imported with the first use too: psycopg and botocore together are over the budget of
a cold import, and no import here needs AWS.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from typing import Any

from common.clock import new_id, now
from common.env import load
from common.observability import measure, metrics
from payments.announcing import Announcer
from payments.database import Address, Connection, Database, connect
from payments.env import (
    DatabaseEnvironment,
    LedgerEnvironment,
    MigrationEnvironment,
    ProcessingEnvironment,
    WebhookEnvironment,
)
from payments.free import FreeOfCharge
from payments.logic import Payments
from payments.migrator import Migration
from payments.ports import Ledger, PaymentProvider, WebhookVerifier
from payments.publisher import SnsPublisher
from payments.roles import prepare
from payments.sandbox import SandboxProvider
from payments.sandbox_webhook import SandboxWebhookVerifier
from payments.secret import database_login, secret_text
from payments.store import PostgresLedger
from payments.sweeping import Sweeper
from payments.webhooks import Webhooks


@cache
def ledger() -> Ledger:
    """The ledger, entered with an IAM token; connects when it is first used."""
    return PostgresLedger(_database())


def database_pauses() -> bool:
    """Whether the database pauses while nobody is connected to it."""
    return _entrance().payments_database_pauses


def leave_database() -> None:
    """End the connection where it would keep the database from pausing."""
    if database_pauses():
        _database().close()


@cache
def payments() -> Payments:
    """The logic that events drive."""
    return Payments(
        ledger(),
        _provider(),
        _announcer(),
        clock=now,
        new_id=new_id,
        count=_count,
        measure=measure,
    )


@cache
def webhooks() -> Webhooks:
    """The logic that the provider's own events drive."""
    return Webhooks(ledger(), _verifier(), clock=now, count=_count, measure=measure)


@cache
def sweeper() -> Sweeper:
    """The logic that the schedule drives, and each batch of events where the database pauses."""
    stale_after = timedelta(seconds=_processing().payments_charge_stale_seconds)
    return Sweeper(
        ledger(), _provider(), payments(), _announcer(), clock=now, stale_after=stale_after
    )


def prepare_roles(steps: Sequence[Migration]) -> None:
    """Make the ledger's roles as the master user, whose password RDS may have rotated."""
    environment = load(MigrationEnvironment)
    login = database_login(_client("secretsmanager"), environment.payments_master_secret_arn)
    with connect(_address(environment), login.username, login.password) as master:
        prepare(master, steps, environment.payments_database_connections_max)


def migration_connection() -> Connection:
    """A new connection as the role that owns the schema, entered with an IAM token."""
    return _enter(load(MigrationEnvironment))


@cache
def _database() -> Database:
    environment = _entrance()
    return Database(lambda: _enter(environment))


@cache
def _entrance() -> LedgerEnvironment:
    return load(LedgerEnvironment)


@cache
def _processing() -> ProcessingEnvironment:
    return load(ProcessingEnvironment)


@cache
def _announcer() -> Announcer:
    publisher = SnsPublisher(_client("sns"), _processing().events_topic_arn)
    return Announcer(ledger(), publisher, clock=now)


@cache
def _provider() -> PaymentProvider:
    environment = _processing()
    if environment.payments_provider == "sandbox":
        return FreeOfCharge(SandboxProvider())
    # A heavy library: only a process that charges with it loads it.
    from payments.stripe_provider import StripeProvider, stripe_client

    key = secret_text(_client("secretsmanager"), environment.payments_stripe_secret_arn)
    return FreeOfCharge(StripeProvider(stripe_client(key.strip()), clock=now))


def _verifier() -> WebhookVerifier:
    environment = load(WebhookEnvironment)
    secret = secret_text(_client("secretsmanager"), environment.payments_webhook_secret_arn).strip()
    if environment.payments_provider == "sandbox":
        return SandboxWebhookVerifier(secret, clock=now)
    # As heavy as the provider: only a process that hears Stripe loads it.
    from payments.stripe_webhook import StripeWebhookVerifier

    return StripeWebhookVerifier(secret)


def _enter(environment: LedgerEnvironment) -> Connection:
    from common.aws import session
    from payments.iam import iam_token

    address, user = _address(environment), environment.payments_database_user
    return connect(address, user, iam_token(session(), address, user))


def _client(service: str) -> Any:
    from common.aws import client

    return client(service)


def _address(environment: DatabaseEnvironment) -> Address:
    return Address(
        host=environment.payments_database_host,
        port=environment.payments_database_port,
        name=environment.payments_database_name,
    )


def _count(name: str) -> None:
    metrics.add_metric(name=name, unit="Count", value=1)
