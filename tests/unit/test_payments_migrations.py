"""The migration files: numbered without gaps, and safe with old and new code at once."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from payments.migrator import Migration, MigrationError, read_migrations

SQUAWK = str(Path(sys.executable).with_name("squawk"))
NOT_OURS = (
    # A step is a transaction: what fails leaves nothing, and nothing is run again.
    "prefer-robust-stmts",
    # The migrator sets both, for every step.
    "require-lock-timeout",
    "require-statement-timeout",
    # A count of attempts and a version fit.
    "prefer-bigint-over-int",
)
NO_TRANSACTION = re.compile(r"^-- no transaction: \S", re.MULTILINE)
CONTRACT = re.compile(r"^-- contract: \S.{20,}", re.MULTILINE)
CONTRACTING = re.compile(r"^(ban-drop-|ban-truncate)")
"""Rules that a step may break which takes away what no running code uses any more."""


def broken(script: str) -> set[str]:
    """The rules of squawk that a migration breaks, and that its `contract` line does not excuse."""
    mode = [] if NO_TRANSACTION.search(script) else ["--assume-in-transaction"]
    ran = subprocess.run(  # noqa: S603 - a linter of the virtual environment
        [
            SQUAWK,
            "--reporter",
            "json",
            "--pg-version",
            "16.8",
            *mode,
            "--exclude",
            ",".join(NOT_OURS),
        ],
        input=script,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    rules = {finding["rule_name"] for finding in json.loads(ran.stdout or "[]")}
    assert ran.returncode == (1 if rules else 0), ran.stderr
    contract = CONTRACT.search(script) is not None
    return {rule for rule in rules if not (contract and CONTRACTING.match(rule))}


@pytest.mark.parametrize("step", read_migrations(), ids=lambda step: step.name)
def test_a_migration_is_safe_with_the_code_before_and_after_it(step: Migration) -> None:
    assert broken(step.script.decode()) == set()


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ("DROP TABLE ledger.outbox;", "ban-drop-table"),
        ("ALTER TABLE ledger.outbox DROP COLUMN traceparent;", "ban-drop-column"),
        ("TRUNCATE ledger.outbox CASCADE;", "ban-truncate-cascade"),
        ("ALTER TABLE ledger.outbox RENAME TO sent;", "renaming-table"),
        ("ALTER TABLE ledger.outbox RENAME COLUMN envelope TO event;", "renaming-column"),
        (
            "ALTER TABLE ledger.outbox ALTER COLUMN envelope TYPE jsonb USING envelope::jsonb;",
            "changing-column-type",
        ),
        ("ALTER TABLE ledger.outbox ADD COLUMN kind text NOT NULL;", "adding-required-field"),
        (
            "ALTER TABLE ledger.outbox ALTER COLUMN traceparent SET NOT NULL;",
            "adding-not-nullable-field",
        ),
        (
            "ALTER TABLE ledger.outbox ADD CONSTRAINT named CHECK (event_id <> '');",
            "constraint-missing-not-valid",
        ),
        ("CREATE INDEX by_order ON ledger.outbox (order_id);", "require-concurrent-index-creation"),
        (
            "ALTER TABLE ledger.outbox ADD UNIQUE (order_id);",
            "disallowed-unique-constraint",
        ),
    ],
)
def test_a_step_that_stops_or_breaks_running_code_is_found(statement: str, rule: str) -> None:
    assert rule in broken(statement)


@pytest.mark.parametrize(
    "script",
    [
        "ALTER TABLE ledger.outbox ADD COLUMN kind text;",
        "ALTER TABLE ledger.outbox ADD COLUMN kind text NOT NULL DEFAULT 'event';",
        "CREATE TABLE ledger.more (id text PRIMARY KEY);",
        "-- no transaction: the table is large\n"
        "DROP INDEX CONCURRENTLY IF EXISTS ledger.by_order;\n"
        "CREATE INDEX CONCURRENTLY by_order ON ledger.outbox (order_id);",
        "-- contract: no release since 2026-12 has read or written this column\n"
        "ALTER TABLE ledger.outbox DROP COLUMN traceparent;",
    ],
)
def test_a_step_that_expands_or_says_what_it_takes_away_passes(script: str) -> None:
    assert broken(script) == set()


def test_what_is_taken_away_needs_a_reason() -> None:
    assert broken("-- contract: unused\nDROP TABLE ledger.outbox;") == {"ban-drop-table"}


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["0002_late.sql"], "0002_late comes where number 0001 must"),
        (["0001_one.sql", "0003_three.sql"], "0003_three comes where number 0002 must"),
        (["0001_one.sql", "0001_two.sql"], "0001_two comes where number 0002 must"),
        (["0001_one.sql", "notes.txt"], "notes.txt is no migration"),
        (["1_one.sql"], "1_one.sql is no migration"),
    ],
)
def test_files_that_are_not_numbered_one_by_one_are_refused(
    tmp_path: Path, names: list[str], message: str
) -> None:
    for name in names:
        (tmp_path / name).write_text("SELECT 1")

    with pytest.raises(MigrationError, match=re.escape(message)):
        read_migrations(tmp_path)


def test_the_checksum_is_that_of_the_files_bytes(tmp_path: Path) -> None:
    (tmp_path / "0001_one.sql").write_bytes(b"SELECT 1")
    (before,) = read_migrations(tmp_path)
    (tmp_path / "0001_one.sql").write_bytes(b"SELECT 2")
    (after,) = read_migrations(tmp_path)

    assert before.checksum != after.checksum
    assert before.checksum == "e004ebd5b5532a4b85984a62f8ad48a81aa3460c1ca07701f386135d72cdecf5"
