"""What the ledger's two users may do, on real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

from payments.database import Address, Connection, connect
from payments.migrator import migrate, read_migrations
from tests.support.postgres import (
    APPLICATION,
    CONNECTIONS_MAX,
    MASTER,
    MIGRATOR,
    PostgresCluster,
)


@pytest.fixture
def application(postgres: PostgresCluster, ledger_address: Address) -> Iterator[Connection]:
    with closing(postgres.application(ledger_address)) as connection:
        yield connection


@pytest.fixture
def migrator(postgres: PostgresCluster, ledger_address: Address) -> Iterator[Connection]:
    with closing(postgres.migrator(ledger_address)) as connection:
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
        b"UPDATE ledger.webhook_events SET heard_at = now()",
        b"SELECT * FROM ledger.schema_migrations",
        b"SET ROLE rds_iam; CREATE TABLE ledger.mine (id int)",
        b"SET ROLE payments_migrator",
        b"SET ROLE postgres_admin",
        b"ALTER ROLE payments_app CONNECTION LIMIT -1",
        b"ALTER TABLE ledger.payments OWNER TO payments_app",
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
        b"DELETE FROM ledger.webhook_events",
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


@pytest.mark.parametrize("role", [APPLICATION, MIGRATOR])
def test_a_role_has_no_password_and_enters_by_iam_only(
    postgres: PostgresCluster, ledger_address: Address, role: str
) -> None:
    with closing(postgres.superuser()) as owner:
        row = owner.execute(
            "SELECT rolpassword IS NULL, rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, "
            "rolreplication, ARRAY(SELECT roleid::regrole::text FROM pg_auth_members "
            "WHERE member = pg_authid.oid) FROM pg_authid WHERE rolname = %s",
            (role,),
        ).fetchone()

    assert row == (True, False, False, False, False, False, ["rds_iam"])


def test_the_functions_share_no_more_connections_than_planned(
    postgres: PostgresCluster, ledger_address: Address
) -> None:
    with closing(postgres.superuser()) as owner:
        rows = owner.execute(
            "SELECT rolname, rolconnlimit FROM pg_roles WHERE rolname LIKE 'payments_%' ORDER BY 1"
        ).fetchall()

    assert rows == [(APPLICATION, CONNECTIONS_MAX), (MIGRATOR, 4)]


def test_one_role_owns_the_schema_and_the_functions_own_nothing(migrator: Connection) -> None:
    owners = migrator.execute(
        b"SELECT DISTINCT relowner::regrole::text AS owner FROM pg_class "
        b"WHERE relnamespace = 'ledger'::regnamespace "
        b"UNION SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'ledger'"
    ).fetchall()

    assert owners == [{"owner": MIGRATOR}]


@pytest.mark.parametrize(
    "statement",
    [
        b"CREATE ROLE mine",
        b"CREATE DATABASE mine",
        b"CREATE SCHEMA mine",
        b"CREATE TABLE public.mine (id int)",
        b"DROP ROLE payments_app",
        b"ALTER ROLE payments_app CONNECTION LIMIT -1",
        b"ALTER ROLE payments_migrator CREATEROLE",
        b"SET ROLE postgres_admin",
        b"SET ROLE payments_app",
        b"GRANT rds_iam TO payments_app",
        b"GRANT payments_migrator TO payments_app",
        b"SELECT * FROM pg_authid",
        b"COPY ledger.payments TO PROGRAM 'cat'",
    ],
)
def test_the_schemas_owner_may_not(migrator: Connection, statement: bytes) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        migrator.execute(statement)


def test_the_schemas_owner_may_expand_it(migrator: Connection) -> None:
    migrator.execute(b"CREATE TABLE ledger.more (id int)")
    migrator.execute(b"GRANT SELECT ON ledger.more TO payments_app")
    migrator.execute(b"ALTER TABLE ledger.payments ADD COLUMN more int")
    migrator.execute(b"CREATE INDEX CONCURRENTLY by_more ON ledger.payments (more)")


def test_a_schema_that_the_master_user_made_is_handed_over_and_may_be_taken_back(
    postgres: PostgresCluster,
) -> None:
    steps = read_migrations()
    with postgres.blank() as address, closing(postgres.master(address)) as master:
        migrate(master, steps)
        postgres.prepare(address, steps)
        with closing(postgres.migrator(address)) as owner:
            forward = migrate(owner, steps)
            owner.execute(b"ALTER TABLE ledger.outbox ADD COLUMN more int")
        earlier_code = migrate(master, steps[:2])
        master.execute(b"ALTER TABLE ledger.outbox ADD COLUMN less int")

    assert forward.applied == earlier_code.applied == []


def test_the_master_user_needs_its_password(
    postgres: PostgresCluster, ledger_address: Address
) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(ledger_address, MASTER, "another password")


def test_nobody_else_may_enter_and_the_functions_role_makes_no_temporary_tables(
    postgres: PostgresCluster,
) -> None:
    with postgres.blank() as address, closing(postgres.master(address)) as master:
        postgres.migrate(address)
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
