"""What customers send, what orders stores, and what customers see. Amounts are in minor units."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from common.text import ONE_LINE

MAX_LINES = 25
MAX_QUANTITY = 100
MAX_KEY_LENGTH = 255
PAYMENT_TOKEN = re.compile(r"(?!.*(?:\d_?){12})(?:tok_[A-Za-z0-9_]{1,64}|pm_[A-Za-z0-9]{1,64})")
"""A provider's token; twelve digits in a row are refused, since they may be a card's."""

_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=ONE_LINE)]
_ProductId = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
_Quantity = Annotated[int, msgspec.Meta(ge=1, le=MAX_QUANTITY)]

CancelReason = Literal["customer", "payment_declined", "deadline", "reservation_expired"]
Availability = Literal["available", "unknown", "short"]


class OrderStatus(StrEnum):
    """Where an order is; `orders.transitions` says what leads where."""

    PLACED = "PLACED"
    RESERVED = "RESERVED"
    CONFIRMED = "CONFIRMED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"


class RequestedLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many pieces of one product. A price is refused: the catalogue decides it."""

    product_id: _ProductId
    quantity: _Quantity


class ShippingAddress(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """Where the order goes; `country` is ISO 3166-1 alpha-2."""

    name: _Text
    line1: _Text
    line2: _Text | None = None
    city: _Text
    postal_code: Annotated[str, msgspec.Meta(min_length=1, max_length=20, pattern=ONE_LINE)]
    country: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2}\Z")]


class PlaceOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /orders`."""

    lines: Annotated[tuple[RequestedLine, ...], msgspec.Meta(min_length=1, max_length=MAX_LINES)]
    shipping_address: ShippingAddress
    payment_token: str

    def __post_init__(self) -> None:
        products = [line.product_id for line in self.lines]
        if twice := sorted({product for product in products if products.count(product) > 1}):
            raise ValueError(
                f"lines name {', '.join(twice)} more than once; give each product one line "
                f"with its whole quantity"
            )
        if not PAYMENT_TOKEN.fullmatch(self.payment_token):
            raise ValueError(
                "payment_token is not a payment provider's token; send tok_ or pm_ and what "
                "the provider's form gave you, never a card number"
            )


class OrderLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line with the price it was ordered at."""

    product_id: str
    quantity: int
    unit_price: int


class Order(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An order as stored; times are RFC 3339 in UTC.

    `correlation_id` is that of the request that placed it.
    """

    order_id: str
    customer_id: str
    status: OrderStatus
    lines: tuple[OrderLine, ...]
    total: int
    currency: str
    shipping_address: ShippingAddress
    created_at: str
    deadline_at: str
    correlation_id: str
    cancel_reason: CancelReason | None = None
    refunded: bool = False


class OrderView(msgspec.Struct, frozen=True, kw_only=True):
    """An order as its customer sees it."""

    order_id: str
    status: OrderStatus
    lines: tuple[OrderLine, ...]
    total: int
    currency: str
    shipping_address: ShippingAddress
    created_at: str
    refunded: bool
    cancel_reason: CancelReason | UnsetType = UNSET
    availability: Availability | UnsetType = UNSET

    @classmethod
    def of(cls, order: Order, availability: Availability | UnsetType = UNSET) -> OrderView:
        """The view of `order`; `availability` is known only when it is placed."""
        return cls(
            order_id=order.order_id,
            status=order.status,
            lines=order.lines,
            total=order.total,
            currency=order.currency,
            shipping_address=order.shipping_address,
            created_at=order.created_at,
            refunded=order.refunded,
            cancel_reason=order.cancel_reason or UNSET,
            availability=availability,
        )


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of an order's timeline: the event `step` happened `at` (RFC 3339, UTC)."""

    event_id: str
    step: str
    at: str
    detail: dict[str, Any] = {}


class StepView(msgspec.Struct, frozen=True, kw_only=True):
    """A timeline entry as the customer sees it."""

    step: str
    at: str
    detail: dict[str, Any]


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """All that happened to an order, in order of time."""

    order_id: str
    steps: tuple[StepView, ...]


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What a receipt says; `cancelled_at` is set when the order was cancelled after it was paid."""

    order_id: str
    payment_id: str
    lines: tuple[OrderLine, ...]
    total: int
    currency: str
    ordered_at: str
    confirmed_at: str
    cancelled_at: str | None


class ReceiptLink(msgspec.Struct, frozen=True, kw_only=True):
    """Where a receipt can be read, and until when (RFC 3339, UTC)."""

    url: str
    expires_at: str


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """What orders knows of a product: the data of the latest `ProductChanged` it has read."""

    product_id: str
    unit_price: int
    currency: str
    active: bool
    revision: int


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """An HTTP answer as it is kept for repetitions of a request; `body` is JSON."""

    status: int
    body: str


class Claim(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One use of an idempotency key.

    Until `claimed_until` (RFC 3339, UTC) the request that holds `token` works on it; later another
    may take it over, for the same `order_id`. With an `answer` it is complete. `expires_at` (epoch
    seconds) ends the key.
    """

    customer_id: str
    key_digest: str
    body_digest: str
    order_id: str
    token: str
    claimed_until: str
    expires_at: int
    answer: Answer | None = None


class StockReservedView(msgspec.Struct, frozen=True):
    """What orders reads of `StockReserved`."""

    expires_at: str


class Shortage(msgspec.Struct, frozen=True):
    """A product of which there were too few."""

    product_id: str
    requested: int
    available: int


class StockRejectedView(msgspec.Struct, frozen=True):
    """What orders reads of `StockRejected`."""

    shortages: tuple[Shortage, ...]


class StockReleasedView(msgspec.Struct, frozen=True):
    """What orders reads of `StockReleased`; a reason it does not know is only recorded."""

    reason: str


class PaymentView(msgspec.Struct, frozen=True):
    """What orders reads of `PaymentCaptured` and `PaymentRefunded`."""

    payment_id: str
    amount: int
    currency: str


class PaymentDeclinedView(msgspec.Struct, frozen=True):
    """What orders reads of `PaymentDeclined`."""

    payment_id: str
    reason: str
