"""The migration files: numbered without gaps, and none takes anything away."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from payments.migrator import MigrationError, read_migrations

TAKING_AWAY = re.compile(
    r"\bDROP\b|\bRENAME\b|\bTRUNCATE\b|\bDELETE\s+FROM\b|\bALTER\s+COLUMN\b|\bSET\s+NOT\s+NULL\b",
    re.IGNORECASE,
)


def test_the_ledgers_migrations_only_expand() -> None:
    steps = read_migrations()

    assert [step.version for step in steps] == list(range(1, len(steps) + 1))
    for step in steps:
        assert not TAKING_AWAY.search(step.script.decode()), step.name


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
