"""Code that was released goes on working while and after the schema is migrated past it.

`released/<migration>.sql` holds the statements of the store that was released with that migration
as the newest. A release adds a file, `python -m tests.services.test_payments_releases` writes it,
and a contract step may take a file away once no such code can run any more.
"""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

import pytest

from payments import store
from payments.database import Address
from payments.migrator import read_migrations
from tests.support.postgres import PostgresCluster

RELEASED = Path(__file__).parent / "released"


def statements() -> list[str]:
    """Today's statements of the store, with PostgreSQL's own placeholders."""
    queries = [value.decode() for value in vars(store).values() if isinstance(value, bytes)]
    return sorted(f"{_numbered(' '.join(query.split()))};" for query in queries)


def _numbered(query: str) -> str:
    numbers: dict[str, int] = {}

    def number(placeholder: re.Match[str]) -> str:
        name = placeholder[1] or f"#{len(numbers)}"
        return f"${numbers.setdefault(name, len(numbers) + 1)}"

    return re.sub(r"%(?:\((\w+)\))?s", number, query)


@pytest.mark.parametrize("release", sorted(RELEASED.glob("*.sql")), ids=lambda path: path.stem)
def test_released_statements_are_understood_and_allowed_by_todays_schema(
    postgres: PostgresCluster, ledger_address: Address, release: Path
) -> None:
    with closing(postgres.application(ledger_address)) as connection:
        for statement in release.read_text().splitlines():
            connection.execute(f"EXPLAIN (GENERIC_PLAN) {statement}".encode())


def test_todays_statements_work_on_todays_schema(
    postgres: PostgresCluster, ledger_address: Address
) -> None:
    with closing(postgres.application(ledger_address)) as connection:
        for statement in statements():
            connection.execute(f"EXPLAIN (GENERIC_PLAN) {statement}".encode())


def test_a_release_names_a_migration_there_is() -> None:
    releases = {path.stem for path in RELEASED.iterdir()}

    assert releases
    assert releases <= {step.name for step in read_migrations()}


if __name__ == "__main__":
    newest = read_migrations()[-1].name
    (RELEASED / f"{newest}.sql").write_text("\n".join([*statements(), ""]))
