"""What the ledger's two users may do, on real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

from payments.database import Address, Connection, connect
from payments.migrator import migrate, read_migrations
from tests.support.postgres import APPLICATION, MASTER, PostgresCluster


@pytest.fixture
def application(postgres: PostgresCluster, ledger_address: Address) -> Iterator[Connection]:
    with closing(postgres.application(ledger_address)) as connection:
        yield connection


@pytest.mark.parametrize(
    "statement",
    [
        b"CREATE TABLE ledger.mine (id int)",
        b"CREATE TABLE public.mine (id int)",
        b"CREATE SCHEMA mine",
        b"CREATE ROLE mine",
        b"ALTER TABLE ledger.payments ADD COLUMN mine int",
        b"DROP TABLE ledger.payments",
        b"TRUNCATE ledger.payments",
        b"DELETE FROM ledger.payments",
        b"UPDATE ledger.outbox SET envelope = '{}'",
        b"UPDATE ledger.seen_events SET seen_at = now()",
        b"SELECT * FROM ledger.schema_migrations",
        b"SET ROLE rds_iam; CREATE TABLE ledger.mine (id int)",
    ],
)
def test_the_functions_role_may_not(application: Connection, statement: bytes) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        application.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        b"SELECT * FROM ledger.payments",
        b"UPDATE ledger.payments SET status = 'CANCELLED'",
        b"UPDATE ledger.outbox SET published_at = now()",
        b"DELETE FROM ledger.outbox",
        b"DELETE FROM ledger.seen_events",
    ],
)
def test_the_functions_role_may(application: Connection, statement: bytes) -> None:
    assert application.execute(statement).rowcount == 0


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("statement_timeout", "5s"),
        ("lock_timeout", "3s"),
        ("idle_in_transaction_session_timeout", "10s"),
    ],
)
def test_the_functions_role_never_waits_for_long(
    application: Connection, setting: str, value: str
) -> None:
    row = application.execute(b"SELECT current_setting(%s) AS value", (setting,)).fetchone()

    assert row == {"value": value}


def test_the_functions_role_has_no_password_and_enters_by_iam_only(
    postgres: PostgresCluster, ledger_address: Address
) -> None:
    with closing(postgres.superuser()) as owner:
        row = owner.execute(
            "SELECT rolpassword IS NULL, rolsuper, rolcreaterole, rolcreatedb, "
            "pg_has_role(rolname, 'rds_iam', 'MEMBER') FROM pg_authid WHERE rolname = %s",
            (APPLICATION,),
        ).fetchone()

    assert row == (True, False, False, False, True)


def test_the_master_user_needs_its_password(
    postgres: PostgresCluster, ledger_address: Address
) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(ledger_address, MASTER, "another password")


def test_nobody_else_may_enter_and_the_functions_role_makes_no_temporary_tables(
    postgres: PostgresCluster,
) -> None:
    with postgres.blank() as address, closing(postgres.master(address)) as master:
        migrate(master, read_migrations())
        row = master.execute(
            b"SELECT has_database_privilege('rds_iam', current_database(), 'CONNECT') AS others, "
            b"has_database_privilege('payments_app', current_database(), 'CONNECT') AS enters, "
            b"has_database_privilege('payments_app', current_database(), 'TEMPORARY') AS temporary"
        ).fetchone()

    assert row == {"others": False, "enters": True, "temporary": False}


CLAIMED = (
    b"amount = 100, currency = 'EUR', payment_token = 'tok_approved', "
    b"charge_started_at = now(), claimed_at = now(), "
)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        (b"amount = 100", "terms_are_known_together"),
        (b"amount = -1", "payments_amount_check"),
        (b"currency = 'euro'", "payments_currency_check"),
        (b"status = 'CHARGING'", "charged_by_a_claim"),
        (CLAIMED + b"status = 'CAPTURED'", "captured_with_reference"),
        (CLAIMED + b"status = 'DECLINED'", "declined_with_reason"),
        (CLAIMED + b"status = 'PAID'", "payments_status_check"),
        (b"refunded_at = now()", "refunded_at_a_time"),
    ],
)
def test_a_row_that_makes_no_sense_is_refused(
    application: Connection, change: bytes, constraint: str
) -> None:
    application.execute(
        b"INSERT INTO ledger.payments (order_id, payment_id, customer_id, correlation_id, "
        b"provider_key, status, stock_reserved, cancel_requested, charge_attempts, created_at) "
        b"VALUES ('o', 'p', 'c', 'x', 'k', 'PENDING', false, false, 0, now())"
    )

    with pytest.raises(psycopg.errors.CheckViolation) as refusal:
        application.execute(b"UPDATE ledger.payments SET " + change)

    assert refusal.value.diag.constraint_name == constraint
