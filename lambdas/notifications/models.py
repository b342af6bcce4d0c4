"""What customers see and send, what notifications stores, and what it reads of events.

Amounts are in minor units; times are RFC 3339 in UTC.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"

Email = Annotated[
    str,
    msgspec.Meta(
        max_length=254,
        pattern=rf"^[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{_LABEL}(?:\.{_LABEL})+\Z",
    ),
]
"""An address as browsers accept it (ASCII only, as SNS asks), with a dot in its domain."""
SmsNumber = Annotated[str, msgspec.Meta(pattern=r"^\+[1-9][0-9]{6,14}\Z")]
"""E.164: a plus sign, the country code, the number; 7 to 15 digits."""


class Preferences(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a customer wants alerts beside the inbox; null means not there.

    Both are required: the body of a PUT replaces all there is.
    """

    email: Email | None
    sms_number: SmsNumber | None


class StoredPreferences(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Preferences as stored, with the e-mail's subscription.

    `leaving` are subscriptions to former addresses that SNS did not let go of, because nobody had
    confirmed them. `revision` counts the changes, from 1; 0 is a customer who never chose.
    """

    email: str | None = None
    sms_number: str | None = None
    subscription_arn: str | None = None
    leaving: tuple[str, ...] = ()
    revision: int = 0


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of a customer's inbox; `id` is that of the event it tells of."""

    id: str
    type: str
    order_id: str
    text: str
    occurred_at: str

    @property
    def position(self) -> str:
        """Where it stands in its inbox; later messages have greater positions."""
        return f"{self.occurred_at}#{self.id}"


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Part of an inbox, newest first; `next_cursor` is null at its end."""

    items: tuple[Message, ...]
    next_cursor: str | None


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """What lets one connection in within `expires_in` seconds: `<url>?ticket=<ticket>`."""

    ticket: str
    expires_in: int
    url: str


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """A customer who listens; `connected_at` is RFC 3339 in UTC."""

    customer_id: str
    connection_id: str
    connected_at: str


class TotalView(msgspec.Struct, frozen=True):
    """What notifications reads of `OrderPlaced` and `OrderConfirmed`."""

    total: int
    currency: str


class OrderCancelledView(msgspec.Struct, frozen=True):
    """What notifications reads of `OrderCancelled`; a reason it does not know is not told."""

    reason: str


class ShortageView(msgspec.Struct, frozen=True):
    """A product of which there were too few."""

    product_id: str


class StockRejectedView(msgspec.Struct, frozen=True):
    """What notifications reads of `StockRejected`."""

    shortages: tuple[ShortageView, ...]


class PaymentDeclinedView(msgspec.Struct, frozen=True):
    """What notifications reads of `PaymentDeclined`: nothing; the provider's reason is not told."""


class PaymentRefundedView(msgspec.Struct, frozen=True):
    """What notifications reads of `PaymentRefunded`."""

    amount: int
    currency: str
