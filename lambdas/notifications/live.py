"""Live alerts: who may connect, how many connections a customer has, and what is pushed to them.

A push is a courtesy, at most one attempt per connection: the inbox has everything.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from common.clock import parse_timestamp, timestamp
from common.errors import ForbiddenError, UnavailableError
from common.observability import logger
from notifications.models import Connection, Message, Ticket
from notifications.ports import ConnectionStore, Pusher, TicketStore

CONNECTION_LIFETIME = timedelta(hours=2)
"""API Gateway ends a connection after that."""
SETTLING = timedelta(seconds=10)
"""A connection answers as gone until API Gateway has admitted it."""
PUSH_SECONDS = 2.0
"""What one alert may take with all of its customer's connections."""
_TICKET_BYTES = 32
_MAX_TICKET = 100

Clock = Callable[[], datetime]


class LiveLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How long a ticket is good for, and how many connections a customer may have."""

    ticket_lifetime: timedelta
    connections_max: int


class LiveDesk:
    """Gives tickets, and admits each once."""

    def __init__(
        self,
        tickets: TicketStore,
        connections: ConnectionStore,
        pusher: Pusher,
        limits: LiveLimits,
        *,
        clock: Clock,
    ) -> None:
        self._tickets = tickets
        self._connections = connections
        self._pusher = pusher
        self._limits = limits
        self._clock = clock

    def issue(self, customer_id: str, url: str) -> Ticket:
        """A ticket for one connection of this customer; only its digest is kept."""
        ticket = os.urandom(_TICKET_BYTES).hex()
        lifetime = self._limits.ticket_lifetime
        self._tickets.keep(_digest(ticket), customer_id, self._clock() + lifetime)
        return Ticket(ticket=ticket, expires_in=int(lifetime.total_seconds()), url=url)

    def connect(self, ticket: str, connection_id: str) -> None:
        """Admit a connection and use up its ticket, both or neither.

        The customer's oldest connections end where there would be too many. Raises ForbiddenError
        for a ticket that is unknown, used or too old.
        """
        now = self._clock()
        digest = _digest(ticket[:_MAX_TICKET])
        customer_id = self._tickets.holder(digest, now)
        if customer_id is None:
            raise ForbiddenError("the ticket is unknown, used or too old; get another")
        connection = Connection(
            customer_id=customer_id, connection_id=connection_id, connected_at=timestamp(now)
        )
        if not self._tickets.admit(digest, connection, now, now + CONNECTION_LIFETIME):
            raise ForbiddenError("the ticket was used at the same moment; get another")
        self._evict(customer_id)

    def disconnect(self, connection_id: str) -> None:
        """Forget a connection; one that is not known is fine."""
        connection = self._connections.find(connection_id)
        if connection is not None:
            self._connections.remove(connection)

    def _evict(self, customer_id: str) -> None:
        known = self._connections.of(customer_id)
        for oldest in known[: max(0, len(known) - self._limits.connections_max)]:
            self._connections.remove(oldest)
            try:
                self._pusher.close(oldest.connection_id)
            except UnavailableError as error:
                logger.warning("connection not closed", extra={"detail": error.detail})


class LivePush:
    """Pushes a message to a customer's connections, as the inbox has it."""

    def __init__(self, connections: ConnectionStore, pusher: Pusher, *, clock: Clock) -> None:
        self._connections = connections
        self._pusher = pusher
        self._clock = clock

    def push(self, customer_id: str, message: Message) -> None:
        """Try each connection once within `PUSH_SECONDS`, and forget those that are gone.

        What fails is logged, never raised: an alert is not worth a second inbox entry.
        """
        deadline = time.monotonic() + PUSH_SECONDS
        try:
            known = self._connections.of(customer_id)
            text = msgspec.json.encode(message) if known else b""
            for tried, connection in enumerate(known):
                if time.monotonic() > deadline:
                    logger.warning("no time left for pushes", extra={"left": len(known) - tried})
                    return
                self._push(connection, text)
        except UnavailableError as error:
            logger.warning("connections not found", extra={"detail": error.detail})

    def _push(self, connection: Connection, text: bytes) -> None:
        settled = parse_timestamp(connection.connected_at) + SETTLING < self._clock()
        try:
            if not self._pusher.post(connection.connection_id, text) and settled:
                self._connections.remove(connection)
        except UnavailableError as error:
            logger.warning("alert not pushed", extra={"detail": error.detail})


def _digest(ticket: str) -> str:
    return hashlib.sha256(ticket.encode()).hexdigest()
