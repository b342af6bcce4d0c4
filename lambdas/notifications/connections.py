"""Tickets and connections on DynamoDB, beside the inboxes, each with TTL.

Items: `TICKET#<digest>/TICKET`; of a connection `CUSTOMER#<id>/LIVE#<connected at>#<connection>`,
which its customer's alerts find, and `CONNECTION#<connection>/CONNECTION`, which its end finds.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from common.dynamo import to_item
from common.table import Table
from notifications.models import Connection

_PREFIX = "LIVE#"


class DynamoConnectionStore:
    """A `TicketStore` and `ConnectionStore` in notifications' table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def keep(self, digest: str, customer_id: str, expires_at: datetime) -> None:
        """A put: no two tickets are alike."""
        kept = {"customer_id": customer_id, "expires_at": int(expires_at.timestamp())}
        self._table.put({**_ticket_key(digest), **kept})

    def holder(self, digest: str, now: datetime) -> str | None:
        """A consistent read; the table's TTL deletes late, so the time is looked at as well."""
        item = self._table.get(_ticket_key(digest))
        if item is None or item["expires_at"] <= int(now.timestamp()):
            return None
        return str(item["customer_id"])

    def admit(
        self, digest: str, connection: Connection, now: datetime, expires_at: datetime
    ) -> bool:
        """One transaction, on condition that the ticket is still there and good."""
        name, ends = self._table.name, int(expires_at.timestamp())
        fields = {**msgspec.structs.asdict(connection), "expires_at": ends}
        used = {
            "TableName": name,
            "Key": to_item(_ticket_key(digest)),
            "ConditionExpression": "customer_id = :customer AND expires_at > :now",
            "ExpressionAttributeValues": to_item(
                {":customer": connection.customer_id, ":now": int(now.timestamp())}
            ),
        }
        failed = self._table.transact(
            {"Delete": used},
            *(
                {"Put": {"TableName": name, "Item": to_item({**key, **fields})}}
                for key in (_live_key(connection), _connection_key(connection.connection_id))
            ),
        )
        return not failed

    def of(self, customer_id: str) -> Sequence[Connection]:
        """One consistent query; connections are few."""
        items = self._table.query(
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues=to_item({":pk": _customer(customer_id), ":prefix": _PREFIX}),
            ConsistentRead=True,
        )
        return [msgspec.convert(item, Connection) for item in items]

    def find(self, connection_id: str) -> Connection | None:
        """A consistent read."""
        item = self._table.get(_connection_key(connection_id))
        return None if item is None else msgspec.convert(item, Connection)

    def remove(self, connection: Connection) -> None:
        """Two deletes; where the second is lost, TTL does it."""
        self._table.delete(_live_key(connection))
        self._table.delete(_connection_key(connection.connection_id))


def _customer(customer_id: str) -> str:
    return f"CUSTOMER#{customer_id}"


def _ticket_key(digest: str) -> dict[str, str]:
    return {"pk": f"TICKET#{digest}", "sk": "TICKET"}


def _live_key(connection: Connection) -> dict[str, str]:
    position = f"{connection.connected_at}#{connection.connection_id}"
    return {"pk": _customer(connection.customer_id), "sk": _PREFIX + position}


def _connection_key(connection_id: str) -> dict[str, str]:
    return {"pk": f"CONNECTION#{connection_id}", "sk": "CONNECTION"}
