"""DynamoDB as inventory's store: one table, every write a transaction (see `writes`)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import msgspec

from common.dynamo import to_item
from common.errors import ServiceError
from common.events import Envelope
from common.outbox import outbox_put
from common.table import Table
from inventory import writes
from inventory.models import (
    Product,
    ProductDetails,
    RecordedAdjustment,
    Reservation,
    ReservationStatus,
    StockAdjustment,
)
from inventory.ports import Written

CATALOGUE_INDEX = "catalogue"
EXPIRING_INDEX = "expiring"


def _product(item: Mapping[str, Any]) -> Product:
    details = {name: item[name] for name in ProductDetails.__struct_fields__}
    return msgspec.convert({**item, "details": details}, Product)


def _outcome(failed: frozenset[int]) -> Written:
    if not failed:
        return Written.DONE
    return Written.SEEN if 0 in failed else Written.SHORT


class DynamoStockStore:
    """The reservations and the products of one table; see `inventory.ports`."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._name = table.name

    def reserve(self, reservation: Reservation, event: Envelope) -> Written:
        """Take all lines and remember the order, in one transaction."""
        return _outcome(
            self._table.transact(
                writes.new_reservation(self._name, reservation),
                *(
                    writes.move_pieces(self._name, line, "available", "reserved")
                    for line in reservation.lines
                ),
                outbox_put(self._name, event),
            )
        )

    def record(self, reservation: Reservation, event: Envelope | None) -> bool:
        """Remember an order that holds nothing."""
        told = [outbox_put(self._name, event)] if event else []
        return not self._table.transact(writes.new_reservation(self._name, reservation), *told)

    def commit(self, reservation: Reservation) -> bool:
        """RESERVED → COMMITTED, and each line from `reserved` to `sold`."""
        return self._settle(reservation, ReservationStatus.COMMITTED, "reserved", "sold")

    def release(self, reservation: Reservation, event: Envelope) -> bool:
        """RESERVED or COMMITTED → RELEASED, and each line back to `available`."""
        committed = reservation.status is ReservationStatus.COMMITTED
        return self._settle(
            reservation,
            ReservationStatus.RELEASED,
            "sold" if committed else "reserved",
            "available",
            outbox_put(self._name, event),
        )

    def reservation(self, order_id: str) -> Reservation | None:
        """A consistent read."""
        item = self._table.get(writes.reservation_key(order_id))
        return msgspec.convert(item, Reservation) if item else None

    def expired(self, moment: str) -> Iterator[Reservation]:
        """From the index, which follows the table with a delay."""
        items = self._table.query(
            IndexName=EXPIRING_INDEX,
            KeyConditionExpression="#expiring = :yes AND #until < :moment",
            ExpressionAttributeNames={"#expiring": "expiring", "#until": "reserved_until"},
            ExpressionAttributeValues=to_item({":yes": "1", ":moment": moment}),
        )
        return (msgspec.convert(item, Reservation) for item in items)

    def available(self, product_ids: Collection[str]) -> Mapping[str, int]:
        """One consistent `BatchGetItem`."""
        items = self._table.get_many([writes.product_key(product_id) for product_id in product_ids])
        return {item["product_id"]: item["available"] for item in items}

    def product(self, product_id: str) -> Product | None:
        """A consistent read."""
        item = self._table.get(writes.product_key(product_id))
        return _product(item) if item else None

    def products(self, after: str | None, limit: int) -> Sequence[Product]:
        """From the index, which follows the table with a delay."""
        start: dict[str, Any] = {}
        if after is not None:
            key = {**writes.product_key(after), "catalogue": "1", "product_id": after}
            start = {"ExclusiveStartKey": to_item(key)}
        items = self._table.query(
            IndexName=CATALOGUE_INDEX,
            KeyConditionExpression="#catalogue = :yes",
            ExpressionAttributeNames={"#catalogue": "catalogue"},
            ExpressionAttributeValues=to_item({":yes": "1"}),
            Limit=limit,
            **start,
        )
        return [_product(item) for item in islice(items, limit)]

    def save(
        self, product_id: str, details: ProductDetails, revision: int, event: Envelope
    ) -> bool:
        """Create with no stock, or replace the details and nothing else."""
        return not self._table.transact(
            writes.save_product(self._name, product_id, details, revision),
            outbox_put(self._name, event),
        )

    def adjust(self, product_id: str, adjustment: StockAdjustment) -> Written:
        """The adjustment is remembered in the transaction that makes it."""
        made = RecordedAdjustment(product_id=product_id, quantity=adjustment.quantity)
        return _outcome(
            self._table.transact(
                writes.new_adjustment(self._name, str(adjustment.adjustment_id), made),
                writes.change_available(self._name, product_id, adjustment.quantity),
            )
        )

    def adjustment(self, adjustment_id: str) -> RecordedAdjustment | None:
        """A consistent read."""
        item = self._table.get(writes.adjustment_key(adjustment_id))
        return msgspec.convert(item, RecordedAdjustment) if item else None

    def _settle(
        self,
        held: Reservation,
        status: ReservationStatus,
        source: writes.Pieces,
        target: writes.Pieces,
        *told: writes.Write,
    ) -> bool:
        failed = self._table.transact(
            writes.change_status(self._name, held, status),
            *(writes.move_pieces(self._name, line, source, target) for line in held.lines),
            *told,
        )
        if failed and 0 not in failed:
            raise ServiceError(
                f"order {held.order_id} holds pieces that its products do not count as "
                f"{source}; compare the table's reservations with its products"
            )
        return not failed
