"""What notifications decides: who is told what, when a message is done, what a page holds."""

from __future__ import annotations

from common.clock import parse_timestamp, timestamp
from common.errors import MalformedError, UnavailableError
from common.events import Envelope
from common.observability import logger
from common.paging import decode_cursor, encode_cursor
from notifications.models import Message, Page
from notifications.ports import (
    Alerts,
    Channel,
    InboxReader,
    LiveAlerts,
    MessageStore,
    NumberReader,
)
from notifications.templates import TEMPLATES

_MAX_POSITION = 200


class Notifier:
    """Tells customers of events: first the inbox, then the alerts, each until it succeeded once.

    The inbox entry remembers which channels are done. A redelivered event repeats only those that
    are not; one that crashed after sending and before remembering is sent again.
    """

    def __init__(
        self, inbox: MessageStore, numbers: NumberReader, alerts: Alerts, live: LiveAlerts
    ) -> None:
        self._inbox = inbox
        self._numbers = numbers
        self._alerts = alerts
        self._live = live

    def notify(self, event: Envelope) -> None:
        """Handle an event of a type in `TEMPLATES`.

        Raises UnavailableError when a channel failed, after the others were tried; ValueError or
        msgspec.ValidationError for an event that breaks its contract.
        """
        if event.customer_id is None or event.order_id is None:
            raise ValueError(
                f"{event.type} {event.id} tells of no customer's order; it must have both "
                f"customer_id and order_id"
            )
        message = message_of(event, event.order_id)
        done: frozenset[Channel] = frozenset()
        if not self._inbox.add(event.customer_id, message):
            done = self._inbox.alerted(event.customer_id, message)
        self._alert(event.customer_id, message, set(Channel) - done)

    def _alert(self, customer_id: str, message: Message, channels: set[Channel]) -> None:
        failures: list[UnavailableError] = []
        for channel in sorted(channels):
            try:
                self._send(channel, customer_id, message)
            except UnavailableError as error:
                failures.append(error)
                channels.remove(channel)
        if channels:
            self._inbox.mark_alerted(customer_id, message, channels)
        if failures:
            raise failures[0]

    def _send(self, channel: Channel, customer_id: str, message: Message) -> None:
        if channel is Channel.LIVE:
            self._live.push(customer_id, message)
            return
        if channel is Channel.TOPIC:
            self._alerts.publish(customer_id, message)
            return
        number = self._numbers.sms_number(customer_id)
        if number and not self._alerts.send_text(number, message):
            logger.warning("number takes no text messages", extra={"event_id": message.id})


class Inbox:
    """A customer's messages, page by page."""

    def __init__(self, reader: InboxReader) -> None:
        self._reader = reader

    def page(self, customer_id: str, cursor: str | None, limit: int) -> Page:
        """At most `limit` messages, newest first; raises MalformedError for a foreign cursor."""
        scope = f"notifications of {customer_id}"
        before = None if cursor is None else _position(decode_cursor(scope, cursor))
        found = self._reader.messages(customer_id, before, limit + 1)
        items = tuple(found[:limit])
        more = len(found) > limit
        return Page(
            items=items,
            next_cursor=encode_cursor(scope, [items[-1].position]) if more else None,
        )


def message_of(event: Envelope, order_id: str) -> Message:
    """The event as a message; its time in the form that sorts as text."""
    return Message(
        id=event.id,
        type=event.type,
        order_id=order_id,
        text=TEMPLATES[event.type].render(event),
        occurred_at=timestamp(parse_timestamp(event.occurred_at)),
    )


def _position(decoded: list[str]) -> str:
    if len(decoded) != 1 or not 0 < len(decoded[0]) <= _MAX_POSITION:
        raise MalformedError("the cursor is not one this list gave; start without a cursor")
    return decoded[0]
