"""Every error answer that can be provoked, against docs/openapi.yaml."""

from __future__ import annotations

import http.client
import json
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from openapi_schema_validator import OAS31Validator

from common.clock import new_id
from local.ordering import ADDRESS
from local.shop import Shop
from tests.support.openapi import operations

pytestmark = pytest.mark.xdist_group("local")

PROVOKED = ("400", "401", "404", "422")
CASES = [
    (key, status)
    for key, operation in operations().items()
    for status in PROVOKED
    if status in operation["responses"]
]
BEHIND_THE_PROXY = tuple(key for key in operations() if "/products" in key)
"""The emulator's HTTP proxy drops the headers of an error answer (docs/local.md)."""
GOOD_BODIES: dict[str, dict[str, object]] = {
    "PUT /orders/{order_id}/shipping-address": dict(ADDRESS),
    "POST /products/{product_id}/stock-adjustments": {"adjustment_id": new_id(), "quantity": 1},
}


class Answer(NamedTuple):
    """What came back; header names are lower case."""

    status: int
    headers: dict[str, str]
    body: Any


@pytest.mark.parametrize(("key", "status"), CASES)
def test_an_error_answer_is_the_one_that_is_documented(shop: Shop, key: str, status: str) -> None:
    described = operations()[key]["responses"][status]
    ((content_type, content),) = described["content"].items()
    headers = {name.lower() for name in described.get("headers", {})}
    if key in BEHIND_THE_PROXY and status != "401":
        content_type, headers = "application/json", set()

    answer = _provoked(shop, key, status)

    assert answer.status == int(status)
    assert answer.headers["content-type"] == content_type
    assert headers <= set(answer.headers)
    assert list(OAS31Validator(content["schema"]).iter_errors(answer.body)) == []


def _provoked(shop: Shop, key: str, status: str) -> Answer:
    method, path = key.split(" ")
    path = path.format(order_id=new_id(), product_id="no-such-product")
    headers = {"content-type": "application/json", "idempotency-key": new_id()}
    if status != "401":
        token = shop.tokens.admin if key in BEHIND_THE_PROXY else shop.tokens.alice
        headers["authorization"] = f"Bearer {token}"
    body = json.dumps(GOOD_BODIES[key]) if key in GOOD_BODIES else None
    if "requestBody" in operations()[key]:
        body = {"400": "{", "422": "{}"}.get(status, body)
    else:
        path += {"400": "?cursor=nonsense", "422": "?limit=0"}.get(status, "")
    return _send(shop, method, path, body, headers)


def _send(shop: Shop, method: str, path: str, body: str | None, headers: dict[str, str]) -> Answer:
    parts = urlsplit(shop.base_url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=15)
    try:
        connection.request(method, parts.path + path, body, headers)
        received = connection.getresponse()
        given = {name.lower(): value for name, value in received.getheaders()}
        return Answer(received.status, given, json.loads(received.read()))
    finally:
        connection.close()
