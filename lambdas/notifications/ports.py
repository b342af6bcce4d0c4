"""What notifications' logic needs of the world.

All methods raise `common.errors.UnavailableError` when what they need does not answer.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from notifications.models import Connection, Message, StoredPreferences


class Channel(StrEnum):
    """A way out beside the inbox."""

    TOPIC = "topic"
    SMS = "sms"
    LIVE = "live"


class MessageStore(Protocol):
    """The inboxes. A message is known by customer, time and id."""

    def add(self, customer_id: str, message: Message) -> bool:
        """Put the message into the inbox; False when it is there already."""
        ...

    def alerted(self, customer_id: str, message: Message) -> frozenset[Channel]:
        """The channels that are done with this message."""
        ...

    def mark_alerted(
        self, customer_id: str, message: Message, channels: Collection[Channel]
    ) -> None:
        """Remember that the channels are done with this message."""
        ...


class InboxReader(Protocol):
    """What a customer may read."""

    def messages(self, customer_id: str, before: str | None, limit: int) -> Sequence[Message]:
        """At most `limit` messages, newest first; only those older than position `before`."""
        ...


class NumberReader(Protocol):
    """Where text messages go."""

    def sms_number(self, customer_id: str) -> str | None:
        """The customer's number, if they gave one."""
        ...


class PreferenceStore(Protocol):
    """What customers chose."""

    def preferences(self, customer_id: str) -> StoredPreferences:
        """The customer's choice; revision 0 when there is none."""
        ...

    def replace(self, customer_id: str, preferences: StoredPreferences) -> bool:
        """Store a choice; False unless its revision is the one after the stored one's."""
        ...


class Alerts(Protocol):
    """The topic that customers opt in to, and text messages."""

    def publish(self, customer_id: str, message: Message) -> None:
        """Send the message to the customer's confirmed subscriptions, and to nobody else's."""
        ...

    def send_text(self, number: str, message: Message) -> bool:
        """Send a text message; False when the number can never be sent one."""
        ...


class LiveAlerts(Protocol):
    """The connections of customers who listen."""

    def push(self, customer_id: str, message: Message) -> None:
        """Try to send the message to them; raises nothing."""
        ...


class TicketStore(Protocol):
    """Tickets by the digest of their secret."""

    def keep(self, digest: str, customer_id: str, expires_at: datetime) -> None:
        """Remember a ticket."""
        ...

    def holder(self, digest: str, now: datetime) -> str | None:
        """The customer whose ticket it is; None for one that is unknown, used or too old."""
        ...

    def admit(
        self, digest: str, connection: Connection, now: datetime, expires_at: datetime
    ) -> bool:
        """Use the ticket up and keep the connection until `expires_at`; False: it is used up."""
        ...


class ConnectionStore(Protocol):
    """The connections that are open, as far as is known."""

    def of(self, customer_id: str) -> Sequence[Connection]:
        """The customer's, the oldest first."""
        ...

    def find(self, connection_id: str) -> Connection | None:
        """The connection of that id."""
        ...

    def remove(self, connection: Connection) -> None:
        """Forget it; one that is forgotten already is fine."""
        ...


class Pusher(Protocol):
    """The way out to a connection."""

    def post(self, connection_id: str, text: bytes) -> bool:
        """Send a text; False when there is no such connection."""
        ...

    def close(self, connection_id: str) -> bool:
        """End it; False when there is no such connection."""
        ...


class Subscriptions(Protocol):
    """Who is subscribed to the topic."""

    def subscribe(self, customer_id: str, email: str) -> str:
        """Ask the address whether it wants the customer's alerts: the subscription's ARN.

        The same again is the same subscription. Raises InvalidError when SNS refuses the address.
        """
        ...

    def unsubscribe(self, subscription_arn: str) -> bool:
        """End a subscription; False while nobody has confirmed it, since SNS then keeps it."""
        ...
