"""Migrations on real PostgreSQL: each once, verified, whole or not at all."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from payments import migrator
from payments.database import Address, Connection
from payments.migrator import (
    Migration,
    MigrationError,
    MigrationResult,
    migrate,
    read_migrations,
)
from tests.support.postgres import PostgresCluster


@pytest.fixture
def address(postgres: PostgresCluster) -> Iterator[Address]:
    with postgres.blank() as blank:
        yield blank


@pytest.fixture
def master(postgres: PostgresCluster, address: Address) -> Iterator[Connection]:
    with closing(postgres.master(address)) as connection:
        yield connection


def write(directory: Path, **files: str) -> Path:
    """A directory of migrations; names are given without digits' prefix `m` and suffix."""
    for name, script in files.items():
        (directory / f"{name.removeprefix('m')}.sql").write_text(script)
    return directory


def tables(connection: Connection) -> set[str]:
    """The tables of the schema `ledger` beside the history."""
    rows = connection.execute(b"SELECT tablename FROM pg_tables WHERE schemaname = 'ledger'")
    return {row["tablename"] for row in rows} - {"schema_migrations"}


def test_migrating_twice_is_the_same_as_once(master: Connection) -> None:
    steps = read_migrations()

    first = migrate(master, steps)
    second = migrate(master, steps)

    assert first == MigrationResult(applied=[step.name for step in steps], version=len(steps))
    assert second == MigrationResult(applied=[], version=len(steps))
    assert tables(master) == {"payments", "seen_events", "outbox", "webhook_events"}


def test_only_what_is_missing_is_applied(master: Connection, tmp_path: Path) -> None:
    write(tmp_path, m0001_one="CREATE TABLE ledger.one (id int)")
    migrate(master, read_migrations(tmp_path))
    write(tmp_path, m0002_two="CREATE TABLE ledger.two (id int)")

    result = migrate(master, read_migrations(tmp_path))

    assert result == MigrationResult(applied=["0002_two"], version=2)
    assert tables(master) == {"one", "two"}


def test_a_changed_migration_is_refused_and_nothing_after_it_is_applied(
    master: Connection, tmp_path: Path
) -> None:
    write(tmp_path, m0001_one="CREATE TABLE ledger.one (id int)")
    migrate(master, read_migrations(tmp_path))
    write(
        tmp_path,
        m0001_one="CREATE TABLE ledger.one (id bigint)",
        m0002_two="CREATE TABLE ledger.two (id int)",
    )

    with pytest.raises(MigrationError, match="0001_one has changed since it was applied"):
        migrate(master, read_migrations(tmp_path))

    assert tables(master) == {"one"}


def test_a_step_that_fails_leaves_nothing_and_keeps_those_before_it(
    master: Connection, tmp_path: Path
) -> None:
    write(
        tmp_path,
        m0001_one="CREATE TABLE ledger.one (id int)",
        m0002_two="CREATE TABLE ledger.two (id int); SELECT 1 / 0",
    )

    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(master, read_migrations(tmp_path))
    write(tmp_path, m0002_two="CREATE TABLE ledger.two (id int)")

    assert tables(master) == {"one"}
    assert migrate(master, read_migrations(tmp_path)).applied == ["0002_two"]


def test_an_index_is_built_beside_traffic_by_a_step_without_a_transaction(
    master: Connection, tmp_path: Path
) -> None:
    write(
        tmp_path,
        m0001_one="CREATE TABLE ledger.one (id int)",
        m0002_index="-- no transaction: the table is large\n"
        "DROP INDEX CONCURRENTLY IF EXISTS ledger.by_id;\n"
        "CREATE INDEX CONCURRENTLY by_id ON ledger.one (id);\n",
    )

    result = migrate(master, read_migrations(tmp_path))

    row = master.execute(
        b"SELECT indisvalid FROM pg_index WHERE indexrelid = 'ledger.by_id'::regclass"
    )
    assert result.applied == ["0001_one", "0002_index"]
    assert row.fetchone() == {"indisvalid": True}


def test_an_index_is_built_while_another_migrator_waits(
    postgres: PostgresCluster, address: Address, tmp_path: Path
) -> None:
    write(
        tmp_path,
        m0001_one="CREATE TABLE ledger.one (id int)",
        m0002_index="-- no transaction: the table is large\n"
        "SELECT pg_sleep(0.5);\n"
        "CREATE INDEX CONCURRENTLY by_id ON ledger.one (id);\n",
    )

    assert sorted(migrate_twice_at_once(postgres, address, read_migrations(tmp_path))) == [
        "0001_one",
        "0002_index",
    ]


def test_a_migration_that_does_not_end_keeps_the_next_one_from_starting(
    postgres: PostgresCluster, address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrator, "_LOCK_SECONDS", 0.2)
    with closing(postgres.master(address)) as first, closing(postgres.master(address)) as second:
        with migrator.alone(first), pytest.raises(MigrationError, match="has not ended"):
            migrate(second, read_migrations())

        assert migrate(second, read_migrations()).version == len(read_migrations())


def test_a_schema_that_is_newer_than_the_code_stays(master: Connection, tmp_path: Path) -> None:
    write(tmp_path, m0001_one="SELECT 1", m0002_two="CREATE TABLE ledger.two (id int)")
    steps = read_migrations(tmp_path)
    migrate(master, steps)

    older_code = migrate(master, steps[:1])

    assert older_code == MigrationResult(applied=[], version=2)
    assert tables(master) == {"two"}


def test_two_migrators_at_once_apply_each_step_once(
    postgres: PostgresCluster, address: Address
) -> None:
    steps = read_migrations()

    applied = migrate_twice_at_once(postgres, address, steps)

    assert sorted(applied) == [step.name for step in steps]


def migrate_twice_at_once(
    postgres: PostgresCluster, address: Address, steps: Sequence[Migration]
) -> list[str]:
    """What two migrators that start together applied between them; both must end well."""
    meeting = threading.Barrier(2, timeout=10)

    def run() -> list[str]:
        with closing(postgres.master(address)) as connection:
            meeting.wait()
            return migrate(connection, steps).applied

    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(run) for _ in range(2)]
        return [name for run in runs for name in run.result(30)]
