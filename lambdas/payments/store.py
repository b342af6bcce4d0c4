"""The ledger on PostgreSQL: each change of a payment and its events in one commit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from common.events import decode_envelope
from payments.database import Connection, Database
from payments.models import Payment, PaymentStatus, Terms
from payments.ports import Announcement, Decide, Moved

_KEY = ("order_id", "payment_id", "customer_id", "provider_key", "created_at")
_STATE = (
    "correlation_id",
    "status",
    "amount",
    "currency",
    "payment_token",
    "stock_reserved",
    "cancel_requested",
    "charge_attempts",
    "charge_started_at",
    "claimed_at",
    "provider_reference",
    "decline_reason",
    "captured_at",
    "refunded_at",
)
_COLUMNS = (*_KEY, *_STATE)
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM ledger.payments"  # noqa: S608 - names from above
_ONE = f"{_SELECT} WHERE order_id = %s".encode()
_ONE_LOCKED = f"{_SELECT} WHERE order_id = %s FOR UPDATE".encode()
_UNSETTLED = f"""
    {_SELECT}
    WHERE status IN ('CHARGING', 'UNKNOWN', 'REFUNDING')
      AND (status = 'UNKNOWN' OR claimed_at < %s)
    ORDER BY random() LIMIT %s
""".encode()
# In random order, so that payments nobody can settle do not keep the others out.
_INSERT = (
    f"INSERT INTO ledger.payments ({', '.join(_COLUMNS)}) "  # noqa: S608 - names from above
    f"VALUES ({', '.join(f'%({column})s' for column in _COLUMNS)}) ON CONFLICT DO NOTHING"
).encode()
_UPDATE = (
    f"UPDATE ledger.payments SET updated_at = now(), "  # noqa: S608 - names from above
    f"{', '.join(f'{column} = %({column})s' for column in _STATE)} "
    f"WHERE order_id = %(order_id)s"
).encode()
_SEE = b"INSERT INTO ledger.seen_events (event_id, order_id) VALUES (%s, %s) ON CONFLICT DO NOTHING"
_HEAR = b"""
    INSERT INTO ledger.webhook_events (event_id, event_type, order_id) VALUES (%s, %s, %s)
    ON CONFLICT DO NOTHING
"""
_ANNOUNCE = b"""
    INSERT INTO ledger.outbox (event_id, order_id, envelope, traceparent, created_at)
    VALUES (%s, %s, %s, %s, %s)
"""
_UNPUBLISHED = b"""
    SELECT envelope::text AS envelope, traceparent FROM ledger.outbox
    WHERE published_at IS NULL AND created_at < %s
    ORDER BY created_at, event_id LIMIT %s
"""
_MARK = b"UPDATE ledger.outbox SET published_at = %s WHERE event_id = ANY(%s)"
_FORGET_SEEN = b"""
    DELETE FROM ledger.seen_events WHERE event_id IN (
        SELECT event_id FROM ledger.seen_events WHERE seen_at < %s ORDER BY seen_at LIMIT %s)
"""
_FORGET_HEARD = b"""
    DELETE FROM ledger.webhook_events WHERE event_id IN (
        SELECT event_id FROM ledger.webhook_events WHERE heard_at < %s ORDER BY heard_at LIMIT %s)
"""
_FORGET_PUBLISHED = b"""
    DELETE FROM ledger.outbox WHERE event_id IN (
        SELECT event_id FROM ledger.outbox WHERE published_at < %s ORDER BY published_at LIMIT %s)
"""


class PostgresLedger:
    """A Ledger on PostgreSQL. A payment is decided on while its row is locked.

    A method that was committed and whose answer was lost is run again: it finds the event seen or
    the payment moved, and leaves a claim that was made to the sweeper.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def payment(self, order_id: str) -> Payment | None:
        """The order's payment."""
        return self._database.transact(lambda connection: _read(connection, _ONE, order_id))

    def record(self, event_id: str, fresh: Payment, decide: Decide) -> Moved:
        """Decide, once per event, on the payment of `fresh.order_id`, which is `fresh` if new."""

        def work(connection: Connection) -> Moved:
            seen = connection.execute(_SEE, (event_id, fresh.order_id)).rowcount == 0
            if not seen:
                connection.execute(_INSERT, _row(fresh))
                return _move(connection, fresh.order_id, decide)
            payment = _existing(_read(connection, _ONE, fresh.order_id), fresh.order_id)
            return Moved(payment, payment)

        return self._database.transact(work)

    def hear(self, event_id: str, event_type: str, order_id: str, decide: Decide) -> Moved:
        """As `settle`, once per event of the provider: later it changes nothing."""

        def work(connection: Connection) -> Moved:
            if connection.execute(_HEAR, (event_id, event_type, order_id)).rowcount:
                return _move(connection, order_id, decide)
            payment = _existing(_read(connection, _ONE, order_id), order_id)
            return Moved(payment, payment)

        return self._database.transact(work)

    def settle(self, order_id: str, decide: Decide) -> Moved:
        """Decide on a payment that exists; raises LookupError for one that does not."""
        return self._database.transact(lambda connection: _move(connection, order_id, decide))

    def unsettled(self, stale_before: datetime, limit: int) -> Sequence[Payment]:
        """At most `limit` UNKNOWN payments and claims made before `stale_before`, in any order."""
        rows = self._rows(_UNSETTLED, stale_before, limit)
        return [_payment(row) for row in rows]

    def unpublished(self, before: datetime, limit: int) -> Sequence[Announcement]:
        """Announcements that were made before that instant and not marked, oldest first."""
        rows = self._rows(_UNPUBLISHED, before, limit)
        return [Announcement(decode_envelope(row["envelope"]), row["traceparent"]) for row in rows]

    def mark_published(self, event_ids: Sequence[str], moment: datetime) -> None:
        """Remember that the topic has these events."""
        self._count(_MARK, moment, list(event_ids))

    def forget(self, before: datetime, limit: int) -> int:
        """Remove at most `limit` each of what was seen, heard and published before that.

        Gives how many were removed.
        """
        forgetting = (_FORGET_SEEN, _FORGET_HEARD, _FORGET_PUBLISHED)
        return sum(self._count(statement, before, limit) for statement in forgetting)

    def _rows(self, query: bytes, *values: object) -> list[dict[str, Any]]:
        return self._database.transact(
            lambda connection: connection.execute(query, values).fetchall()
        )

    def _count(self, statement: bytes, *values: object) -> int:
        return self._database.transact(
            lambda connection: connection.execute(statement, values).rowcount
        )


def _move(connection: Connection, order_id: str, decide: Decide) -> Moved:
    before = _existing(_read(connection, _ONE_LOCKED, order_id), order_id)
    decision = decide(before)
    if decision is None:
        return Moved(before, before)
    after = decision.after
    connection.execute(_UPDATE, _row(after))
    for announcement in decision.announcements:
        event = announcement.event
        connection.execute(
            _ANNOUNCE,
            (event.id, order_id, event.encode(), announcement.traceparent, event.occurred_at),
        )
    return Moved(before, after, decision.announcements)


def _read(connection: Connection, query: bytes, order_id: str) -> Payment | None:
    row = connection.execute(query, (order_id,)).fetchone()
    return None if row is None else _payment(row)


def _existing(payment: Payment | None, order_id: str) -> Payment:
    if payment is None:
        raise LookupError(f"order {order_id} has no payment")
    return payment


def _payment(row: dict[str, Any]) -> Payment:
    amount, currency, token = (row.pop(name) for name in ("amount", "currency", "payment_token"))
    terms = None
    if amount is not None:
        terms = Terms(amount=amount, currency=currency, payment_token=token)
    return Payment(**{**row, "status": PaymentStatus(row["status"])}, terms=terms)


def _row(payment: Payment) -> dict[str, Any]:
    terms = payment.terms
    known = msgspec.structs.asdict(terms) if terms else dict.fromkeys(Terms.__struct_fields__)
    return {**msgspec.structs.asdict(payment), **known, "status": payment.status.value}
