"""Whether orders and payments agree at one instant, by what the saga allows; pure.

A difference is *waiting* where the saga is between two steps: the news of it must be in the outbox
of who has it to tell, and it may not last longer than the bound. Every other one is a violation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tools.restore.books import Books, News, OrderRow, PaymentRow

BOUND = timedelta(seconds=60)
"""How long a difference may wait: what the alarms on the oldest message allow in prod."""
NOTHING = "no payment"
_MONEY = frozenset({"CAPTURED", "REFUNDING", "REFUNDED"})


@dataclass(frozen=True)
class Wait:
    """A pair that the saga will lead on: `why`, and the event and teller it depends on."""

    why: str
    event: str = ""
    teller: str = ""
    bounded: bool = True


_PLACED = Wait("payments has yet to charge", "OrderPlaced", "orders")
_CANCELLED = Wait("payments has yet to hear of the cancellation", "OrderCancelled", "orders")
_ASKED = Wait("the payment provider is asked")
_CAPTURED = Wait("orders has yet to hear of the capture", "PaymentCaptured", "payments")
_DECLINED = Wait("orders has yet to hear of the decline", "PaymentDeclined", "payments")
_SHORT = Wait("one of them has yet to hear of the shortage")
SETTLED = Wait("settled", bounded=False)
ALLOWED: Mapping[tuple[str, str], Wait] = {
    ("PLACED", NOTHING): _PLACED,
    ("PLACED", "PENDING"): _PLACED,
    ("PLACED", "CHARGING"): _ASKED,
    ("PLACED", "UNKNOWN"): _ASKED,
    ("PLACED", "CAPTURED"): _CAPTURED,
    ("PLACED", "DECLINED"): _DECLINED,
    ("PLACED", "CANCELLED"): _SHORT,
    ("RESERVED", NOTHING): _PLACED,
    ("RESERVED", "PENDING"): _PLACED,
    ("RESERVED", "CHARGING"): _ASKED,
    ("RESERVED", "UNKNOWN"): _ASKED,
    ("RESERVED", "CAPTURED"): _CAPTURED,
    ("RESERVED", "DECLINED"): _DECLINED,
    ("CONFIRMED", "CAPTURED"): SETTLED,
    ("REJECTED", NOTHING): _SHORT,
    ("REJECTED", "PENDING"): _SHORT,
    ("REJECTED", "CANCELLED"): SETTLED,
    ("CANCELLED", NOTHING): _CANCELLED,
    ("CANCELLED", "PENDING"): _CANCELLED,
    ("CANCELLED", "CHARGING"): _CANCELLED,
    ("CANCELLED", "UNKNOWN"): _CANCELLED,
    ("CANCELLED", "CAPTURED"): _CANCELLED,
    ("CANCELLED", "DECLINED"): SETTLED,
    ("CANCELLED", "CANCELLED"): SETTLED,
    ("CANCELLED", "REFUNDING"): Wait("the provider refunds", bounded=False),
    ("CANCELLED", "REFUNDED"): SETTLED,
}
"""What an order and its payment may be at the same instant; no other pair."""
_REFUND_TOLD = Wait("orders has yet to hear of the refund", "PaymentRefunded", "payments")


@dataclass(frozen=True)
class Waiting:
    """A difference that the saga explains."""

    order_id: str
    pair: str
    why: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """What was found: counts by status, sums by currency, and all differences."""

    orders: Mapping[str, int]
    payments: Mapping[str, int]
    confirmed: Mapping[str, int]
    """sum of CONFIRMED orders by currency"""
    captured: Mapping[str, int]
    """sum of CAPTURED payments by currency"""
    unpublished: Mapping[str, int]
    """events that wait in each outbox"""
    waiting: tuple[Waiting, ...]
    violations: tuple[str, ...]


def compare(books: Books, moment: datetime, bound: timedelta = BOUND) -> Agreement:
    """Everything there is to say of both stores at `moment`."""
    orders = {order.order_id: order for order in books.orders}
    payments = {payment.order_id: payment for payment in books.payments}
    waiting: list[Waiting] = []
    violations = [*_twice(books), *_homeless(books, orders), *_untrue(books, orders, payments)]
    told = {
        "orders": {(news.order_id, news.type) for news in books.orders_outbox},
        "payments": {(news.order_id, news.type) for news in books.payments_outbox},
    }
    for order in books.orders:
        payment = payments.get(order.order_id)
        violations += _disagreements(order, payment)
        wait = _wait(order, payment)
        if wait is None or wait is SETTLED:
            continue
        since = max(order.moved_at, payment.updated_at) if payment else order.moved_at
        pair = _pair(order, payment)
        found = Waiting(order.order_id, pair, wait.why, (moment - since).total_seconds())
        waiting.append(found)
        violations += _unexplained(found, wait, told, bound)
    return Agreement(
        orders=Counter(order.status for order in books.orders),
        payments=Counter(payment.status for payment in books.payments),
        confirmed=_sums((o.currency, o.total) for o in books.orders if o.status == "CONFIRMED"),
        captured=_sums(
            (p.currency or "", p.amount or 0) for p in books.payments if p.status == "CAPTURED"
        ),
        unpublished={
            "orders": sum(not news.published for news in books.orders_outbox),
            "payments": sum(not news.published for news in books.payments_outbox),
        },
        waiting=tuple(waiting),
        violations=tuple(violations),
    )


def _pair(order: OrderRow, payment: PaymentRow | None) -> str:
    return f"{order.status} with {payment.status if payment else NOTHING}"


def _wait(order: OrderRow, payment: PaymentRow | None) -> Wait | None:
    """None where the pair is not allowed at all."""
    if payment and payment.status == "REFUNDED" and not order.refunded:
        return _REFUND_TOLD if order.status == "CANCELLED" else None
    return ALLOWED.get((order.status, payment.status if payment else NOTHING))


def _disagreements(order: OrderRow, payment: PaymentRow | None) -> Iterator[str]:
    who = f"order {order.order_id}"
    if _wait(order, payment) is None:
        yield f"{who} is {_pair(order, payment)}: the saga knows no such pair"
    if order.refunded and (payment is None or payment.status != "REFUNDED"):
        yield f"{who} is refunded, and its payment is not"
    if order.cancel_reason == "payment_declined" and (
        payment is None or payment.status != "DECLINED"
    ):
        yield f"{who} is cancelled for a decline, and its payment was not declined"
    if payment is None:
        return
    agreed = payment.amount is None or (payment.amount, payment.currency) == (
        order.total,
        order.currency,
    )
    if not agreed:
        yield (
            f"{who} is of {order.total} {order.currency}, its payment of {payment.amount} "
            f"{payment.currency}"
        )
    if set(order.captures) - {payment.payment_id}:
        yield f"{who} heard of a capture by {order.captures}, and has payment {payment.payment_id}"
    if order.status == "CONFIRMED" and len(order.captures) != 1:
        yield f"{who} is CONFIRMED and heard of {len(order.captures)} captures, must be one"


def _unexplained(
    found: Waiting, wait: Wait, told: Mapping[str, set[tuple[str, str]]], bound: timedelta
) -> Iterator[str]:
    who = f"order {found.order_id} is {found.pair}"
    if wait.event and (found.order_id, wait.event) not in told[wait.teller]:
        yield f"{who}, and no {wait.event} is in the outbox of {wait.teller}: nobody will hear"
    if wait.bounded and found.seconds > bound.total_seconds():
        yield (
            f"{who} for {found.seconds:.0f} s, at most {bound.total_seconds():.0f} s are explained"
        )


def _twice(books: Books) -> Iterator[str]:
    for order_id, count in Counter(payment.order_id for payment in books.payments).items():
        if count > 1:
            yield f"order {order_id} has {count} payments, must be one"


def _homeless(books: Books, orders: Mapping[str, OrderRow]) -> Iterator[str]:
    for payment in books.payments:
        if payment.order_id not in orders:
            yield (
                f"payment {payment.payment_id} ({payment.status}, {payment.amount} "
                f"{payment.currency}) is for order {payment.order_id}, which does not exist"
            )


def _untrue(
    books: Books, orders: Mapping[str, OrderRow], payments: Mapping[str, PaymentRow]
) -> Iterator[str]:
    """Events in an outbox that tell what its store does not hold."""
    for news in books.orders_outbox:
        order = orders.get(news.order_id)
        if order is None:
            yield (
                f"{news.type} {news.event_id} tells of order {news.order_id}, which does not exist"
            )
        elif news.amount not in (None, order.total):
            yield f"{news.type} {news.event_id} tells of {news.amount}, its order of {order.total}"
    for news in books.payments_outbox:
        yield from _untrue_payment(news, payments.get(news.order_id))


def _untrue_payment(news: News, payment: PaymentRow | None) -> Iterator[str]:
    what = f"{news.type} {news.event_id} of order {news.order_id}"
    if payment is None:
        yield f"{what} tells of a payment that does not exist"
    elif news.type == "PaymentCaptured" and payment.status not in _MONEY:
        yield f"{what} tells of money, and the payment is {payment.status}"
    elif news.amount not in (None, payment.amount):
        yield f"{what} tells of {news.amount}, the payment of {payment.amount}"


def _sums(amounts: Iterator[tuple[str, int]]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for currency, amount in amounts:
        found[currency] += amount
    return dict(found)
