"""Brings the ledger's schema up to this code: numbered files, forward only, each once.

A migration may only expand (add tables, columns that may be null or have a default, indexes), so
that the code before it and the code after it both work with the schema after it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

from payments.database import Connection

DIRECTORY = Path(__file__).parent / "migrations"
_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
_LOCK = 0x7061796D656E7473
"""The advisory lock that one migrator at a time holds: "payments" in ASCII."""
_HISTORY = b"""
    CREATE SCHEMA IF NOT EXISTS ledger;
    CREATE TABLE IF NOT EXISTS ledger.schema_migrations (
        version integer PRIMARY KEY,
        name text NOT NULL,
        checksum text NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now()
    );
"""
_APPLIED = b"SELECT version, checksum FROM ledger.schema_migrations"
_REMEMBER = b"INSERT INTO ledger.schema_migrations (version, name, checksum) VALUES (%s, %s, %s)"
_LIMITS = b"SET LOCAL lock_timeout = '30s'; SET LOCAL statement_timeout = '60s'"


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
    """Apply what is missing, each step in a transaction of its own. Two runs at once are fine.

    Steps that this code does not know yet stay: it is older than the schema, which only expanded.
    Raises MigrationError when an applied step has changed, psycopg.Error when one fails.
    """
    with connection.transaction():
        _lock(connection)
        connection.execute(_HISTORY)
    applied = [step.name for step in steps if _apply(connection, step)]
    row = connection.execute(b"SELECT max(version) AS version FROM ledger.schema_migrations")
    return MigrationResult(applied=applied, version=(row.fetchone() or {})["version"])


def _apply(connection: Connection, step: Migration) -> bool:
    with connection.transaction():
        _lock(connection)
        known = {row["version"]: row["checksum"] for row in connection.execute(_APPLIED)}
        if step.version in known:
            _verify(step, known[step.version])
            return False
        connection.execute(step.script)
        connection.execute(_REMEMBER, (step.version, step.name, step.checksum))
        return True


def _lock(connection: Connection) -> None:
    connection.execute(_LIMITS)
    connection.execute(b"SELECT pg_advisory_xact_lock(%s)", (_LOCK,))


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
