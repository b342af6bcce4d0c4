"""Inventory on a DynamoDB table, for tests against an emulator."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from common.dynamo import from_item, to_item
from common.table import Table
from inventory.catalogue import Catalogue
from inventory.logic import Decision, Reservations
from inventory.models import ReservationStatus, StockAdjustment
from inventory.store import DynamoStockStore
from tests.support.inventory import DETAILS, Clock

NAME = "inventory"


class DynamoInventory:
    """Inventory on a table of moto's."""

    def __init__(self, dynamodb: Any) -> None:
        create_table(dynamodb)
        self.dynamodb = dynamodb
        self.clock = Clock()
        self.store = DynamoStockStore(Table(dynamodb, NAME))
        self.catalogue = Catalogue(self.store, clock=self.clock)
        self.reservations = Reservations(
            self.store, held_for=timedelta(seconds=60), clock=self.clock
        )

    def stock_up(self, available: Mapping[str, int]) -> None:
        """Create the products with their pieces and forget the events of it."""
        for number, (product_id, quantity) in enumerate(available.items()):
            self.catalogue.save(product_id, DETAILS, "correlation-1")
            if quantity:
                adjustment = StockAdjustment(adjustment_id=UUID(int=number), quantity=quantity)
                self.catalogue.adjust(product_id, adjustment)
        for item in self.items("OUTBOX#"):
            self.dynamodb.delete_item(
                TableName=NAME, Key=to_item({"pk": item["pk"], "sk": item["sk"]})
            )

    def stock(self, product_id: str) -> tuple[int, int, int]:
        """The product's pieces: available, reserved, sold."""
        known = self.catalogue.product(product_id)
        return known.available, known.reserved, known.sold

    def status(self, order_id: str) -> ReservationStatus | None:
        """The status of the order's reservation."""
        known = self.store.reservation(order_id)
        return known.status if known else None

    def items(self, prefix: str = "") -> list[dict[str, Any]]:
        """The table's items whose `pk` begins so."""
        found = [from_item(item) for item in self.dynamodb.scan(TableName=NAME)["Items"]]
        return [item for item in found if item["pk"].startswith(prefix)]

    def told(self) -> list[str]:
        """The types of the outbox's events, oldest first."""
        events = sorted(self.items("OUTBOX#"), key=lambda item: str(item["pk"]))
        return [msgspec.json.decode(item["event"])["type"] for item in events]

    def sweep(self) -> list[Decision]:
        """Expire what is due, as the worker does."""
        return [self.reservations.expire(held) for held in list(self.reservations.expired())]


def create_table(dynamodb: Any) -> None:
    """Inventory's table with its three indexes, as the shop's program declares it."""
    indexes = {
        "unpublished": ("unpublished", "occurred_at"),
        "catalogue": ("catalogue", "product_id"),
        "expiring": ("expiring", "reserved_until"),
    }
    attributes = {"pk", "sk"}.union(*indexes.values())
    dynamodb.create_table(
        TableName=NAME,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": attribute, "AttributeType": "S"} for attribute in sorted(attributes)
        ],
        KeySchema=_key_schema("pk", "sk"),
        GlobalSecondaryIndexes=[
            {
                "IndexName": index,
                "KeySchema": _key_schema(*keys),
                "Projection": {"ProjectionType": "ALL"},
            }
            for index, keys in indexes.items()
        ],
    )


def _key_schema(partition: str, sort: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": partition, "KeyType": "HASH"},
        {"AttributeName": sort, "KeyType": "RANGE"},
    ]
