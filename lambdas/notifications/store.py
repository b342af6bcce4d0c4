"""Inboxes and preferences on DynamoDB.

Items: `CUSTOMER#<id>/MSG#<occurred at>#<event id>` with TTL, and `CUSTOMER#<id>/PREFERENCES`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from itertools import islice

import msgspec

from common.clock import parse_timestamp
from common.dynamo import to_item
from common.table import Table
from notifications.models import Message, StoredPreferences
from notifications.ports import Channel

KEPT = timedelta(days=90)
_PREFIX = "MSG#"


class DynamoNotificationStore:
    """All that notifications keeps, in one table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, customer_id: str, message: Message) -> bool:
        """A conditional put; the message leaves the inbox 90 days after its event."""
        expires_at = parse_timestamp(message.occurred_at) + KEPT
        item = {
            **_message_key(customer_id, message),
            **msgspec.structs.asdict(message),
            "alerted": {},
            "expires_at": int(expires_at.timestamp()),
        }
        return self._table.put(item, ConditionExpression="attribute_not_exists(pk)")

    def alerted(self, customer_id: str, message: Message) -> frozenset[Channel]:
        """A consistent read."""
        item = self._table.get(_message_key(customer_id, message)) or {}
        return frozenset(Channel(name) for name in item.get("alerted", {}))

    def mark_alerted(
        self, customer_id: str, message: Message, channels: Collection[Channel]
    ) -> None:
        """Adds to what is marked; a message that has left the inbox needs no mark."""
        names = sorted(channels)
        self._table.update(
            _message_key(customer_id, message),
            UpdateExpression="SET " + ", ".join(f"alerted.#{name} = :true" for name in names),
            ConditionExpression="attribute_exists(pk)",
            ExpressionAttributeNames={f"#{name}": name for name in names},
            ExpressionAttributeValues=to_item({":true": True}),
        )

    def messages(self, customer_id: str, before: str | None, limit: int) -> Sequence[Message]:
        """One query in most cases."""
        key = _customer(customer_id)
        start = {} if before is None else {"ExclusiveStartKey": to_item(_key(key, before))}
        items = self._table.query(
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues=to_item({":pk": key, ":prefix": _PREFIX}),
            ScanIndexForward=False,
            Limit=limit,
            **start,
        )
        return [msgspec.convert(item, Message) for item in islice(items, limit)]

    def sms_number(self, customer_id: str) -> str | None:
        """A consistent read."""
        return self.preferences(customer_id).sms_number

    def preferences(self, customer_id: str) -> StoredPreferences:
        """A consistent read."""
        item = self._table.get(_preferences_key(customer_id))
        return msgspec.convert(item or {}, StoredPreferences)

    def replace(self, customer_id: str, preferences: StoredPreferences) -> bool:
        """A conditional put."""
        item = {**_preferences_key(customer_id), **msgspec.to_builtins(preferences)}
        if preferences.revision == 1:
            return self._table.put(item, ConditionExpression="attribute_not_exists(pk)")
        return self._table.put(
            item,
            ConditionExpression="revision = :before",
            ExpressionAttributeValues=to_item({":before": preferences.revision - 1}),
        )


def _customer(customer_id: str) -> str:
    return f"CUSTOMER#{customer_id}"


def _key(pk: str, position: str) -> dict[str, str]:
    return {"pk": pk, "sk": _PREFIX + position}


def _message_key(customer_id: str, message: Message) -> dict[str, str]:
    return _key(_customer(customer_id), message.position)


def _preferences_key(customer_id: str) -> dict[str, str]:
    return {"pk": _customer(customer_id), "sk": "PREFERENCES"}
