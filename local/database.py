"""The local PostgreSQL as seen over a connection, from whatever process."""

from __future__ import annotations

import psycopg
from psycopg import sql

SUPERUSER = "storefront"
MASTERS = "cluster_masters"
"""The role that every cluster's master user belongs to: they come in with a password."""
_CONNECT_SECONDS = 5


class PostgresServer:
    """A server that runs somewhere on this machine; its superuser's password opens it."""

    def __init__(self, host: str, port: int, password: str) -> None:
        """`host`: the absolute path of the directory that holds the Unix socket."""
        self.host = host
        self.port = port
        self.password = password

    def connect(self, database: str) -> psycopg.Connection:
        """A connection as the superuser, for the local run itself; autocommit."""
        return psycopg.connect(
            host=self.host,
            port=self.port,
            user=SUPERUSER,
            password=self.password,
            dbname=database,
            autocommit=True,
            connect_timeout=_CONNECT_SECONDS,
        )

    def create_master(self, username: str, password: str) -> None:
        """Create a cluster's master user, or give it this password when it exists."""
        with self.connect("postgres") as connection:
            known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [username])
            verb = "ALTER" if known.fetchone() else "CREATE"
            connection.execute(
                sql.SQL(verb + " ROLE {} LOGIN CREATEROLE CREATEDB PASSWORD {}").format(
                    sql.Identifier(username), sql.Literal(password)
                )
            )
            connection.execute(
                sql.SQL("GRANT rds_iam TO {} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE").format(
                    sql.Identifier(username)
                )
            )
            connection.execute(
                sql.SQL("GRANT {} TO {}").format(sql.Identifier(MASTERS), sql.Identifier(username))
            )

    def create_database(self, name: str, owner: str) -> None:
        """Create the database with this owner; an existing one is left as it is."""
        with self.connect("postgres") as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if known.fetchone() is None:
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(
                        sql.Identifier(name), sql.Identifier(owner)
                    )
                )
