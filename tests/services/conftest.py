"""Fixtures of the services tier."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from payments.database import Address
from tests.support.postgres import PostgresCluster, running_cluster


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresCluster]:
    """One PostgreSQL for the whole session."""
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture
def ledger_address(postgres: PostgresCluster) -> Iterator[Address]:
    """A fresh database with the payments ledger's schema."""
    with postgres.ledger() as address:
        yield address
