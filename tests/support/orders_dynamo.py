"""Orders' functions on emulated AWS: its table, its environment, and what they wrote."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from moto import mock_aws

from common import aws
from common.clock import parse_timestamp
from common.dynamo import from_item
from common.events import Envelope, decode_envelope
from common.observability import metrics
from orders import bootstrap, handler, items
from orders.models import Order, Product
from orders.store import DynamoOrderStore
from tests.support.orders import LAMP, MUG, CannedInquiry, order, place_body, product_changed
from tests.support.payloads import CUSTOMER, REGION, answer_of, http_event, sqs_event

TABLE = "orders"
BUCKET = "orders-receipts"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
    "ORDERS_TABLE_NAME": TABLE,
    "ORDERS_DEADLINE_SECONDS": "600",
    "ORDERS_RECEIPTS_BUCKET_NAME": BUCKET,
    "ORDERS_RECEIPT_LINK_SECONDS": "60",
    "INVENTORY_NAMESPACE_NAME": "test.storefront.internal",
    "INVENTORY_SERVICE_NAME": "inventory",
    "INVENTORY_PORT": "8080",
    "INVENTORY_TIMEOUT_SECONDS": "1",
}
_BUILT = (
    *(aws.client, bootstrap.environment, bootstrap.store, bootstrap.orders, bootstrap.placing),
    *(bootstrap.receipts_environment, bootstrap.receipts),
)


class OrdersShop:
    """The functions of orders, called as AWS calls them."""

    def __init__(self, dynamodb: Any) -> None:
        self.dynamodb = dynamodb
        self.store: DynamoOrderStore = bootstrap.store()

    def request(self, route_key: str, **request: Any) -> tuple[int, Any]:
        """Status and body of one HTTP request; see `payloads.http_event`."""
        return answer_of(handler.http(http_event(route_key, **request), None))

    def place(self, key: str = "key-1", *, customer_id: str = CUSTOMER, **changes: Any) -> Any:
        """The order that `POST /orders` gave back."""
        status, body = self.request(
            "POST /orders",
            body=place_body(**changes),
            headers={"Idempotency-Key": key},
            customer_id=customer_id,
        )
        assert status == 201, body
        return body

    def deliver(self, *messages: Envelope) -> list[str]:
        """Hand a batch to the events function; the ids of the messages it gives back."""
        answer = handler.events(sqs_event(*messages), None)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def stored(self, order_id: str) -> Order:
        """The order as the table has it."""
        found = self.store.order(order_id)
        assert found is not None
        return found

    def stale(self, **changes: Any) -> Order:
        """An order as in `tests.support.orders`, written to the table as it would be placed."""
        placed = order(**changes)
        self.dynamodb.transact_write_items(TransactItems=[items.put_order(TABLE, placed)])
        return placed

    def items(self, prefix: str = "") -> list[dict[str, Any]]:
        """The table's items whose `pk` begins so."""
        found = [from_item(item) for item in self.dynamodb.scan(TableName=TABLE)["Items"]]
        return [item for item in found if item["pk"].startswith(prefix)]

    def events(self) -> list[Envelope]:
        """The events of the outbox, oldest first."""
        found = [decode_envelope(item["event"]) for item in self.items("OUTBOX#")]
        return sorted(found, key=lambda event: (parse_timestamp(event.occurred_at), event.id))

    def told(self) -> list[str]:
        """The types of the outbox's events, oldest first."""
        return [event.type for event in self.events()]

    def steps(self, order_id: str) -> list[str]:
        """The names of the order's timeline entries, oldest first."""
        status, timeline = self.request(
            "GET /orders/{order_id}/timeline", path={"order_id": order_id}
        )
        assert status == 200, timeline
        return [step["step"] for step in timeline["steps"]]


@contextmanager
def orders_shop(
    monkeypatch: pytest.MonkeyPatch, *products: Product, inquiry: CannedInquiry | None = None
) -> Iterator[OrdersShop]:
    """A shop that knows `products` (mug and lamp where none are given).

    `inquiry` stands in for inventory; without it inventory is looked for in Cloud Map.
    """
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(metrics.provider, "namespace", "Storefront")
    if inquiry is not None:
        monkeypatch.setattr(bootstrap, "_inquiry", lambda environment: inquiry)
    with mock_aws():
        _forget()
        try:
            dynamodb = aws.client("dynamodb")
            create_table(dynamodb)
            create_bucket()
            shop = OrdersShop(dynamodb)
            assert shop.deliver(*map(product_changed, products or (MUG, LAMP))) == []
            yield shop
        finally:
            _forget()


def _forget() -> None:
    for built in _BUILT:
        built.cache_clear()


def create_bucket() -> None:
    """The bucket of receipts, which keeps versions."""
    s3 = aws.client("s3", signature_version="s3v4")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})


def create_table(dynamodb: Any) -> None:
    """Orders' table with its three indexes, as the shop's program declares it."""
    indexes = {
        "unpublished": ("unpublished", "occurred_at", "ALL"),
        "by_customer": ("customer_id", "created_at", "ALL"),
        "open": ("open", "deadline_at", "KEYS_ONLY"),
    }
    keys = {"pk", "sk"} | {key for index in indexes.values() for key in index[:2]}
    dynamodb.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in sorted(keys)],
        KeySchema=_key_schema("pk", "sk"),
        GlobalSecondaryIndexes=[
            {
                "IndexName": name,
                "KeySchema": _key_schema(partition, sort),
                "Projection": {"ProjectionType": projection},
            }
            for name, (partition, sort, projection) in indexes.items()
        ],
    )


def _key_schema(partition: str, sort: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": partition, "KeyType": "HASH"},
        {"AttributeName": sort, "KeyType": "RANGE"},
    ]
