"""One PostgreSQL connection per process, made when it is needed and again when it broke."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec
import psycopg
from psycopg.rows import DictRow, dict_row

from common.errors import UnavailableError

CONNECT_TIMEOUT_SECONDS = 20
"""Longer than an Aurora cluster that was paused takes to resume: about 15 s."""
ATTEMPTS = 2
CERTIFICATES = Path(__file__).parent / "certificates.pem"
"""Roots of what RDS shows, by region and algorithm, and of what RDS Proxy shows: Amazon's own."""

Connection = psycopg.Connection[DictRow]
T = TypeVar("T")


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """A database; a `host` that starts with `/` is the directory of a Unix socket."""

    host: str
    port: int
    name: str


def connect(address: Address, user: str, password: str) -> Connection:
    """A connection in autocommit mode, over TLS wherever there is a network in between.

    The server must show a certificate of its own name, issued by one of `CERTIFICATES`. Statements
    are not prepared, which a proxy in between could not share. Raises psycopg.OperationalError.
    """
    return psycopg.connect(
        host=address.host,
        port=address.port,
        dbname=address.name,
        user=user,
        password=password,
        sslmode="verify-full",
        sslrootcert=str(CERTIFICATES),
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        application_name="payments",
        autocommit=True,
        prepare_threshold=None,
        row_factory=dict_row,
    )


class Database:
    """Runs transactions on one connection, which `open_connection` makes."""

    def __init__(self, open_connection: Callable[[], Connection]) -> None:
        self._open_connection = open_connection
        self._connection: Connection | None = None

    def transact(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one transaction; it commits when `work` returns.

        When the connection breaks, `work` runs again on a new one: it may have been committed
        already, so running it twice must do no harm. Raises UnavailableError.
        """
        for attempt in range(ATTEMPTS):
            try:
                connection = self._usable()
                with connection.transaction():
                    return work(connection)
            except psycopg.OperationalError as error:
                if attempt + 1 == ATTEMPTS or self._still_open():
                    raise UnavailableError(f"the ledger does not answer: {error}") from error
        raise AssertionError("every attempt returns or raises")

    def close(self) -> None:
        """End the connection; the next transaction opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _usable(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = self._open_connection()
        return self._connection

    def _still_open(self) -> bool:
        return self._connection is not None and not self._connection.closed
