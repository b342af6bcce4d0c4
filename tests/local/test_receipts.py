"""Receipts of the running shop: who can read them, by what, and for how long."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from datetime import timedelta

import botocore.session
import pytest
from botocore.config import Config

from local.http import Caller
from local.resources.base import ROOT_CREDENTIALS
from local.shop import Shop
from orders.shelf import S3ReceiptShelf
from tests.local.customers import eventually, follow, new_product, order_body, place, read

pytestmark = pytest.mark.xdist_group("local")


def fetch(url: str) -> tuple[int, str]:
    """Status and body, as somebody without a token gets them."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - loopback
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.fixture
def order(shop: Shop, alice: Caller) -> str:
    """A confirmed order of Alice's with its receipt."""
    placed = place(alice, order_body(new_product(shop, pieces=5), quantity=2))
    follow(alice, placed, "CONFIRMED", "ReceiptIssued")
    return placed


def test_a_customer_reads_the_receipt_by_its_link(alice: Caller, order: str) -> None:
    status, page = fetch(read(alice, f"/orders/{order}/receipt")["url"])

    assert status == 200
    assert order in page
    assert "20.00 EUR" in page


def test_another_customer_gets_no_link(bob: Caller, order: str) -> None:
    status, problem = bob.send("GET", f"/orders/{order}/receipt")

    assert (status, problem["status"]) == (404, 404)


def test_a_link_opens_nothing_without_its_signature_or_elsewhere(alice: Caller, order: str) -> None:
    url = read(alice, f"/orders/{order}/receipt")["url"]

    assert fetch(url.partition("?")[0])[0] == 403
    assert fetch(url.replace("X-Amz-Expires=60", "X-Amz-Expires=600"))[0] == 403
    assert fetch(url.replace(order, "01a21097-0000-7000-8000-000000000000"))[0] == 403


def test_a_link_ends(shop: Shop, alice: Caller, order: str) -> None:
    bucket, _, rest = read(alice, f"/orders/{order}/receipt")["url"].split("/", 3)[3].partition("/")
    s3 = botocore.session.get_session().create_client(
        "s3",
        region_name=shop.cloud.region,
        endpoint_url=shop.cloud.endpoint,
        config=Config(signature_version="s3v4"),
        **ROOT_CREDENTIALS,
    )
    link = S3ReceiptShelf(lambda: s3, bucket).link(rest.partition("?")[0], timedelta(seconds=2))

    assert fetch(link)[0] == 200
    threading.Event().wait(3)
    assert fetch(link)[0] == 403


def test_an_order_that_is_not_paid_has_no_receipt(shop: Shop, alice: Caller) -> None:
    rejected = place(alice, order_body(new_product(shop, pieces=1), quantity=2))
    follow(alice, rejected, "REJECTED", "StockRejected")

    status, problem = alice.send("GET", f"/orders/{rejected}/receipt")

    assert (status, problem["title"]) == (409, "Conflict")


def test_a_cancelled_order_keeps_a_receipt_that_says_so(alice: Caller, order: str) -> None:
    alice.send("POST", f"/orders/{order}/cancel")
    follow(alice, order, "CANCELLED", "PaymentRefunded")

    def said() -> bool:
        return "Cancelled on" in fetch(read(alice, f"/orders/{order}/receipt")["url"])[1]

    eventually(said, "the receipt says that the order was cancelled")
