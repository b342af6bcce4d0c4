"""The entries of inventory's transactions, each with the condition that makes it safe.

Items: `PRODUCT#<id>/PRODUCT` (in index `catalogue`), `ORDER#<id>/RESERVATION` (in index
`expiring` while RESERVED), `ADJUSTMENT#<id>/ADJUSTMENT`, and the outbox.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from common.dynamo import to_item
from inventory.models import (
    Line,
    ProductDetails,
    RecordedAdjustment,
    Reservation,
    ReservationStatus,
)

Key = dict[str, str]
Write = dict[str, Any]
Pieces = Literal["available", "reserved", "sold"]

_NEW = "attribute_not_exists(pk)"


def product_key(product_id: str) -> Key:
    """Where a product is."""
    return {"pk": f"PRODUCT#{product_id}", "sk": "PRODUCT"}


def reservation_key(order_id: str) -> Key:
    """Where an order's reservation is."""
    return {"pk": f"ORDER#{order_id}", "sk": "RESERVATION"}


def adjustment_key(adjustment_id: str) -> Key:
    """Where an adjustment is remembered."""
    return {"pk": f"ADJUSTMENT#{adjustment_id}", "sk": "ADJUSTMENT"}


def new_reservation(table: str, reservation: Reservation) -> Write:
    """Remember what was decided about an order; fails when the order is known."""
    values = msgspec.to_builtins(reservation)
    if reservation.status is ReservationStatus.RESERVED:
        values["expiring"] = "1"
    return _put_new(table, reservation_key(reservation.order_id), values)


def new_adjustment(table: str, adjustment_id: str, made: RecordedAdjustment) -> Write:
    """Remember an adjustment; fails when one of that id was made."""
    return _put_new(table, adjustment_key(adjustment_id), msgspec.to_builtins(made))


def change_status(table: str, held: Reservation, status: ReservationStatus) -> Write:
    """Give `held` another status, after which it expires no more; fails when it has another."""
    return _update(
        table,
        reservation_key(held.order_id),
        "SET #status = :status REMOVE #expiring",
        "#status = :before",
        {"#status": "status", "#expiring": "expiring"},
        {":status": status.value, ":before": held.status.value},
    )


def move_pieces(table: str, line: Line, source: Pieces, target: Pieces) -> Write:
    """Move a line's pieces; fails when `source` has fewer, or there is no such product."""
    return _update(
        table,
        product_key(line.product_id),
        "SET #source = #source - :quantity, #target = #target + :quantity",
        "#source >= :quantity",
        {"#source": source, "#target": target},
        {":quantity": line.quantity},
    )


def change_available(table: str, product_id: str, quantity: int) -> Write:
    """Add pieces, or take them when negative; fails when fewer than zero would be left."""
    return _update(
        table,
        product_key(product_id),
        "SET #available = #available + :quantity",
        "#available >= :needed",
        {"#available": "available"},
        {":quantity": quantity, ":needed": max(0, -quantity)},
    )


def save_product(table: str, product_id: str, details: ProductDetails, revision: int) -> Write:
    """Set the details and keep the stock (none at first); fails when the revision is taken."""
    changed = {**msgspec.structs.asdict(details), "revision": revision}
    kept = {"product_id": product_id, "catalogue": "1", "available": 0, "reserved": 0, "sold": 0}
    assignments = [f"#{name} = :{name}" for name in changed]
    assignments += [f"#{name} = if_not_exists(#{name}, :{name})" for name in kept]
    values = {f":{name}": value for name, value in (changed | kept).items()}
    created = revision == 1
    return _update(
        table,
        product_key(product_id),
        f"SET {', '.join(assignments)}",
        _NEW if created else "#revision = :before",
        {f"#{name}": name for name in changed | kept},
        values if created else values | {":before": revision - 1},
    )


def _put_new(table: str, key: Key, values: Mapping[str, object]) -> Write:
    item = to_item({**key, **values})
    return {"Put": {"TableName": table, "Item": item, "ConditionExpression": _NEW}}


def _update(
    table: str,
    key: Key,
    change: str,
    condition: str,
    names: Mapping[str, str],
    values: Mapping[str, object],
) -> Write:
    return {
        "Update": {
            "TableName": table,
            "Key": to_item(key),
            "UpdateExpression": change,
            "ConditionExpression": condition,
            "ExpressionAttributeNames": dict(names),
            "ExpressionAttributeValues": to_item(values),
        }
    }
