"""Real PostgreSQL for service tests: one server per test session, a fresh database per test."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

import psycopg
from psycopg import sql

from common.clock import new_id
from local.children import Children
from local.postgres import EmbeddedPostgres
from payments.database import Address, Connection, connect
from payments.migrator import Migration, migrate, read_migrations
from payments.roles import prepare

MASTER = "postgres_admin"
APPLICATION = "payments_app"
MIGRATOR = "payments_migrator"
CONNECTIONS_MAX = 20
MASTER_PASSWORD = "the master's password"  # noqa: S105 - of a server that lives for one session
ANY_TOKEN = "any token will do on the private socket"  # noqa: S105 - no secret
_TEMPLATE = "migrated"


class PostgresCluster:
    """A server with a master user as RDS gives one, and a migrated template database."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self._server = server
        server.create_master(MASTER, MASTER_PASSWORD)
        server.create_database(_TEMPLATE, MASTER)
        self.migrate(self.address(_TEMPLATE))

    def address(self, name: str) -> Address:
        """Where the database of that name is."""
        return Address(host=self._server.host, port=self._server.port, name=name)

    @contextmanager
    def ledger(self) -> Iterator[Address]:
        """A fresh database with the ledger's schema, dropped at the end."""
        with self._database(sql.SQL("TEMPLATE {}").format(sql.Identifier(_TEMPLATE))) as address:
            yield address

    @contextmanager
    def blank(self) -> Iterator[Address]:
        """A fresh database with nothing in it, dropped at the end."""
        with self._database(sql.SQL("")) as address:
            yield address

    def master(self, address: Address) -> Connection:
        """A new connection as the master user; the caller closes it."""
        return connect(address, MASTER, MASTER_PASSWORD)

    def application(self, address: Address) -> Connection:
        """A new connection as the functions' role; the caller closes it."""
        return connect(address, APPLICATION, ANY_TOKEN)

    def migrator(self, address: Address) -> Connection:
        """A new connection as the schema's owner; the caller closes it."""
        return connect(address, MIGRATOR, ANY_TOKEN)

    def prepare(self, address: Address, steps: Sequence[Migration]) -> None:
        """Make the roles, as the master user does before a migration."""
        with closing(self.master(address)) as master:
            prepare(master, steps, CONNECTIONS_MAX)

    def migrate(self, address: Address) -> None:
        """What the migrate function does, on the database there."""
        steps = read_migrations()
        self.prepare(address, steps)
        with closing(self.migrator(address)) as migrator:
            migrate(migrator, steps)

    def superuser(self, database: str = "postgres") -> psycopg.Connection:
        """A new connection as the server's owner; the caller closes it."""
        return self._server.connect(database)

    @contextmanager
    def _database(self, template: sql.Composable) -> Iterator[Address]:
        name = f"test_{new_id()}"
        with closing(self.superuser()) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} {} STRATEGY file_copy").format(
                    sql.Identifier(name), sql.Identifier(MASTER), template
                )
            )
            try:
                yield self.address(name)
            finally:
                connection.execute(
                    sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
                )


@contextmanager
def running_cluster() -> Iterator[PostgresCluster]:
    """A cluster of its own; nothing of it is left, even when this process is killed."""
    children = Children()
    try:
        server = EmbeddedPostgres(children.directory / "postgres", children)
        server.start()
        yield PostgresCluster(server)
    finally:
        children.stop()
