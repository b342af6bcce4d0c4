"""Receipts on emulated AWS: written by events, read by a link."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from common import aws
from tests.support.orders import CannedInquiry, shop_event
from tests.support.orders_dynamo import BUCKET, OrdersShop, orders_shop
from tests.support.payloads import CUSTOMER, OTHER_CUSTOMER, REGION

RECEIPT = "GET /orders/{order_id}/receipt"


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[OrdersShop]:
    with orders_shop(monkeypatch, inquiry=CannedInquiry()) as running:
        yield running


@pytest.fixture
def order_id(shop: OrdersShop) -> str:
    placed = str(shop.place()["order_id"])
    for kind in ("StockReserved", "PaymentCaptured"):
        assert shop.deliver(shop_event(kind, placed)) == []
    return placed


def told(shop: OrdersShop, kind: str) -> Any:
    """The event of this type that orders itself has written."""
    (found,) = [event for event in shop.events() if event.type == kind]
    return found


def versions(order_id: str) -> list[bytes]:
    """What the receipt's key has held, the newest first."""
    s3 = aws.client("s3", signature_version="s3v4")
    found = s3.list_object_versions(Bucket=BUCKET, Prefix=f"receipts/{CUSTOMER}/{order_id}.html")
    return [
        s3.get_object(Bucket=BUCKET, Key=each["Key"], VersionId=each["VersionId"])["Body"].read()
        for each in found.get("Versions", [])
    ]


def test_a_confirmed_order_has_one_receipt_however_often_it_is_told(
    shop: OrdersShop, order_id: str
) -> None:
    confirmed = told(shop, "OrderConfirmed")

    assert shop.deliver(confirmed, confirmed) == []
    assert shop.deliver(confirmed) == []

    (page,) = versions(order_id)
    assert order_id.encode() in page
    assert shop.steps(order_id).count("ReceiptIssued") == 1


def test_a_cancellation_is_a_new_version_and_a_late_confirmation_none(
    shop: OrdersShop, order_id: str
) -> None:
    confirmed = told(shop, "OrderConfirmed")
    shop.deliver(confirmed)
    shop.request("POST /orders/{order_id}/cancel", path={"order_id": order_id})

    shop.deliver(told(shop, "OrderCancelled"))

    newest, first = versions(order_id)
    assert (b"Cancelled on" in newest, b"Cancelled on" in first) == (True, False)


def test_the_link_is_signed_for_the_object_and_for_a_minute(
    shop: OrdersShop, order_id: str
) -> None:
    shop.deliver(told(shop, "OrderConfirmed"))

    status, link = shop.request(RECEIPT, path={"order_id": order_id})

    url = urlsplit(link["url"])
    asked = parse_qs(url.query)
    assert status == 200
    assert url.hostname == f"{BUCKET}.s3.{REGION}.amazonaws.com", "no redirect to its region"
    assert url.path == f"/receipts/{CUSTOMER}/{order_id}.html"
    assert asked["X-Amz-Expires"] == ["60"]
    assert asked["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]


@pytest.mark.parametrize(
    ("customer_id", "issued", "status"),
    [(OTHER_CUSTOMER, True, 404), (CUSTOMER, False, 409), (OTHER_CUSTOMER, False, 404)],
)
def test_nobody_else_gets_a_link_and_nobody_one_to_nothing(
    shop: OrdersShop, order_id: str, customer_id: str, issued: bool, status: int
) -> None:
    if issued:
        shop.deliver(told(shop, "OrderConfirmed"))

    found, problem = shop.request(RECEIPT, path={"order_id": order_id}, customer_id=customer_id)

    assert (found, problem["status"]) == (status, status)


def test_an_event_whose_receipt_cannot_be_written_is_delivered_again(
    shop: OrdersShop, order_id: str
) -> None:
    s3 = aws.client("s3", signature_version="s3v4")
    confirmed = told(shop, "OrderConfirmed")
    s3.delete_bucket(Bucket=BUCKET)

    assert len(shop.deliver(confirmed)) == 1

    assert "ReceiptIssued" not in shop.steps(order_id)
