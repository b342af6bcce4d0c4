"""Reads both stores into `Books`, from wherever a table and a connection lead."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import psycopg
from boto3.dynamodb.types import TypeDeserializer

from tools.restore.books import Books, News, OrderRow, PaymentRow

_PAYMENTS = """
    SELECT order_id, payment_id, status, amount, currency, updated_at FROM ledger.payments
"""
_OUTBOX = "SELECT envelope::text, published_at IS NOT NULL FROM ledger.outbox"
_ABOUT_ORDERS = frozenset({"OrderPlaced", "OrderConfirmed", "OrderCancelled"})


def read(dynamodb: Any, table: str, connection: psycopg.Connection) -> Books:
    """Both stores as they are now: nobody may write to them meanwhile."""
    return books(scan(dynamodb, table), connection)


def books(items: Iterable[Mapping[str, Any]], connection: psycopg.Connection) -> Books:
    """The table's items (DynamoDB JSON) and the ledger."""
    orders, orders_outbox = _orders(items)
    payments = tuple(
        PaymentRow(
            order_id=order,
            payment_id=payment,
            status=status,
            amount=amount,
            currency=currency,
            updated_at=updated,
        )
        for order, payment, status, amount, currency, updated in connection.execute(_PAYMENTS)
    )
    told = connection.execute(_OUTBOX).fetchall()
    return Books(
        orders=orders,
        payments=payments,
        orders_outbox=orders_outbox,
        payments_outbox=tuple(_news(json.loads(text), published) for text, published in told),
    )


def scan(dynamodb: Any, table: str) -> Iterator[dict[str, Any]]:
    """Every item, read consistently, in DynamoDB JSON."""
    pages = dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    for page in pages:
        yield from page["Items"]


def _orders(items: Iterable[Mapping[str, Any]]) -> tuple[tuple[OrderRow, ...], tuple[News, ...]]:
    plain = TypeDeserializer().deserialize
    orders: list[dict[str, Any]] = []
    steps: dict[str, list[dict[str, Any]]] = {}
    outbox = []
    for raw in items:
        item = {key: plain(value) for key, value in raw.items()}
        match item["kind"]:
            case "order":
                orders.append(item)
            case "step":
                steps.setdefault(item["pk"], []).append(item)
            case "outbox":
                outbox.append(_news(json.loads(item["event"]), "unpublished" not in item))
    rows = tuple(_order(item, steps.get(item["pk"], [])) for item in orders)
    return rows, tuple(news for news in outbox if news.type in _ABOUT_ORDERS)


def _order(item: Mapping[str, Any], steps: list[dict[str, Any]]) -> OrderRow:
    created = datetime.fromisoformat(item["created_at"])
    return OrderRow(
        order_id=item["order_id"],
        status=item["status"],
        total=int(item["total"]),
        currency=item["currency"],
        created_at=created,
        moved_at=max([created, *(datetime.fromisoformat(step["at"]) for step in steps)]),
        cancel_reason=item.get("cancel_reason"),
        refunded=bool(item.get("refunded", False)),
        captures=tuple(
            step["detail"]["payment_id"] for step in steps if step["step"] == "PaymentCaptured"
        ),
    )


def _news(event: Mapping[str, Any], published: bool) -> News:
    data = event["data"]
    return News(
        event_id=event["id"],
        type=event["type"],
        order_id=event["order_id"],
        published=published,
        amount=data.get("total", data.get("amount")),
    )
