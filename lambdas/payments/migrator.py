"""Brings the ledger's schema up to this code: numbered files, forward only, each once.

A migration may only expand (add tables, columns that may be null or have a default, indexes), so
that the code before it and the code after it both work with the schema after it. What the code
before no longer uses is taken away a release later, by a file with a line `-- contract: <why>`.
Each file is one transaction, unless it has a line `-- no transaction: <why>`: then its statements,
each ended by a semicolon at a line's end, run one by one, as CREATE INDEX CONCURRENTLY asks.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from payments.database import Connection

DIRECTORY = Path(__file__).parent / "migrations"
_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
_LOCK = 0x7061796D656E7473
"""The advisory lock that one migrator at a time holds: "payments" in ASCII."""
_LOCK_SECONDS = 60.0
_POLL_SECONDS = 0.1
_HISTORY = b"""
    CREATE SCHEMA IF NOT EXISTS ledger;
    CREATE TABLE IF NOT EXISTS ledger.schema_migrations (
        version integer PRIMARY KEY,
        name text NOT NULL,
        checksum text NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now()
    );
"""
_KNOWN = b"SELECT to_regclass('ledger.schema_migrations') IS NOT NULL AS known"
_APPLIED = b"SELECT version, checksum FROM ledger.schema_migrations"
_REMEMBER = b"INSERT INTO ledger.schema_migrations (version, name, checksum) VALUES (%s, %s, %s)"
_TRY_LOCK = b"SELECT pg_try_advisory_lock(%s) AS alone"
_UNLOCK = b"SELECT pg_advisory_unlock(%s)"
_LIMITS = b"SET LOCAL lock_timeout = '30s'; SET LOCAL statement_timeout = '60s'"
_NO_TRANSACTION = re.compile(rb"^-- no transaction: \S", re.MULTILINE)
_STATEMENT_END = re.compile(rb";[ \t]*$", re.MULTILINE)


class MigrationError(Exception):
    """The schema cannot be brought up to this code; nothing of the failed step is left."""


class Migration(msgspec.Struct, frozen=True, kw_only=True):
    """One step: its number, file name without suffix, SQL, and the SQL's SHA-256 in hex."""

    version: int
    name: str
    script: bytes
    checksum: str


class MigrationResult(msgspec.Struct, frozen=True, kw_only=True):
    """The names of the steps applied now, and the schema's version after them."""

    applied: list[str]
    version: int


def read_migrations(directory: Path = DIRECTORY) -> tuple[Migration, ...]:
    """The steps in order; raises MigrationError unless they are numbered 0001, 0002 and so on."""
    steps = tuple(_read(path) for path in sorted(directory.iterdir()))
    for expected, step in enumerate(steps, start=1):
        if step.version != expected:
            raise MigrationError(
                f"migration {step.name} comes where number {expected:04} must; "
                f"number the files 0001, 0002 and so on, each once"
            )
    return steps


def migrate(connection: Connection, steps: Sequence[Migration]) -> MigrationResult:
    """Apply what is missing, in order. Two runs at once are fine: the second waits for the first.

    Steps that this code does not know yet stay: it is older than the schema, which only expanded.
    Raises MigrationError when an applied step has changed or another run does not end,
    psycopg.Error when a step fails.
    """
    with alone(connection):
        if not _value(connection, _KNOWN, "known"):
            with connection.transaction():
                connection.execute(_HISTORY)
        applied = [step.name for step in steps if _apply(connection, step)]
        version = _value(
            connection, b"SELECT max(version) AS version FROM ledger.schema_migrations", "version"
        )
    return MigrationResult(applied=applied, version=version)


@contextmanager
def alone(connection: Connection) -> Iterator[None]:
    """Hold the migrators' lock, which is the session's: this needs a connection of its own.

    It is asked for again and again rather than waited for, since a statement that waits keeps
    CREATE INDEX CONCURRENTLY in another session from ever ending. Raises MigrationError.
    """
    deadline = time.monotonic() + _LOCK_SECONDS
    while not _value(connection, _TRY_LOCK, "alone", _LOCK):
        if time.monotonic() > deadline:
            raise MigrationError(
                f"another migration has not ended for {_LOCK_SECONDS:.0f} s; find its session in "
                f"pg_stat_activity, then run this again"
            )
        time.sleep(_POLL_SECONDS)
    try:
        yield
    finally:
        connection.execute(_UNLOCK, (_LOCK,))


def _apply(connection: Connection, step: Migration) -> bool:
    known = {row["version"]: row["checksum"] for row in connection.execute(_APPLIED)}
    if step.version in known:
        _verify(step, known[step.version])
        return False
    if _NO_TRANSACTION.search(step.script):
        for statement in _STATEMENT_END.split(step.script.rstrip().removesuffix(b";")):
            connection.execute(statement)
        connection.execute(_REMEMBER, (step.version, step.name, step.checksum))
        return True
    with connection.transaction():
        connection.execute(_LIMITS)
        connection.execute(step.script)
        connection.execute(_REMEMBER, (step.version, step.name, step.checksum))
    return True


def _value(connection: Connection, query: bytes, name: str, *values: object) -> Any:
    return (connection.execute(query, values).fetchone() or {})[name]


def _verify(step: Migration, applied_checksum: str) -> None:
    if step.checksum != applied_checksum:
        raise MigrationError(
            f"migration {step.name} has changed since it was applied "
            f"({applied_checksum[:12]} then, {step.checksum[:12]} now); "
            f"restore the file and put the change into a new one"
        )


def _read(path: Path) -> Migration:
    match = _NAME.fullmatch(path.name)
    if match is None:
        raise MigrationError(f"{path.name} is no migration; name it like 0001_what_it_does.sql")
    script = path.read_bytes()
    return Migration(
        version=int(match[1]),
        name=path.stem,
        script=script,
        checksum=hashlib.sha256(script).hexdigest(),
    )
