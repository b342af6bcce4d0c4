"""A request that did not come through CloudFront is refused by every backend, wherever it runs."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from common import origin
from common.errors import ForbiddenError
from common.http import Response, http_handler
from common.observability import metrics
from common.origin import HEADER, require_edge
from inventory.api import INTERNAL, create_app
from inventory.catalogue import Catalogue
from tests.support.inventory import Clock, InMemoryStockStore, assert_problem, product
from tests.support.payloads import http_event

PREVIOUS, CURRENT, NEXT, FORGED = "previous", "current", "next", "forged"
KEY = "GET /mugs"


def digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


@pytest.fixture(autouse=True)
def behind_cloudfront(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Three generations are accepted, as `components.blocks.origin_secret` has it."""
    digests = ",".join(digest(value) for value in (PREVIOUS, CURRENT, NEXT))
    monkeypatch.setenv("EDGE_ORIGIN_DIGESTS", digests)
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Storefront")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "test")
    monkeypatch.setattr(metrics.provider, "namespace", "Storefront")
    origin._accepted.cache_clear()
    yield
    origin._accepted.cache_clear()


@pytest.mark.parametrize("value", [PREVIOUS, CURRENT, NEXT])
def test_a_request_with_any_of_the_three_generations_passes(value: str) -> None:
    require_edge({HEADER: value})


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {HEADER: ""},
        {HEADER: FORGED},
        {HEADER: f"{CURRENT},{CURRENT}"},
        {HEADER: digest(CURRENT)},
        {"x-other": CURRENT},
    ],
)
def test_a_request_without_the_header_or_with_another_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(ForbiddenError):
        require_edge(headers)


def test_every_digest_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []

    def compare(given: str, accepted: str) -> bool:
        compared.append(accepted)
        return given == accepted

    monkeypatch.setattr(hmac, "compare_digest", compare)

    require_edge({HEADER: PREVIOUS})

    assert compared == [digest(value) for value in (PREVIOUS, CURRENT, NEXT)]


@pytest.mark.parametrize("digests", [None, ""])
def test_where_there_is_no_cloudfront_nothing_is_checked(
    monkeypatch: pytest.MonkeyPatch, digests: str | None
) -> None:
    monkeypatch.delenv("EDGE_ORIGIN_DIGESTS")
    if digests is not None:
        monkeypatch.setenv("EDGE_ORIGIN_DIGESTS", digests)
    origin._accepted.cache_clear()

    require_edge({})


def test_a_function_answers_a_direct_call_with_403_and_does_not_serve_it() -> None:
    served: list[Any] = []

    def route(request: Any) -> Response:
        served.append(request)
        return Response(body={"ok": True})

    handle = http_handler("test", {KEY: route})
    refused = handle(http_event(KEY, headers={HEADER: FORGED}), None)
    taken = handle(http_event(KEY, headers={"X-Origin-Verify": CURRENT}), None)

    assert refused["statusCode"] == 403
    assert refused["headers"]["content-type"] == "application/problem+json"
    assert json.loads(refused["body"])["type"].endswith("/forbidden")
    assert taken["statusCode"] == 200
    assert len(served) == 1


@pytest.fixture
def container() -> Iterator[TestClient]:
    store = InMemoryStockStore(product("mug", 4))
    with TestClient(create_app(Catalogue(store, clock=Clock()))) as client:
        yield client


def test_a_container_answers_a_direct_call_with_403(container: TestClient) -> None:
    assert_problem(container.get("/products"), 403, "forbidden")
    assert_problem(container.get("/products/mug", headers={HEADER: FORGED}), 403, "forbidden")
    assert container.get("/products", headers={HEADER: CURRENT}).status_code == 200


def test_a_scope_header_is_worth_nothing_on_a_direct_call(container: TestClient) -> None:
    scope = {"x-caller-scope": "inventory/stock.write"}
    answer = container.put("/products/mug", headers=scope, json={})

    assert_problem(answer, 403, "forbidden")
    assert "scope" not in answer.json()["detail"]


def test_orders_and_the_load_balancer_reach_what_the_api_does_not_have(
    container: TestClient,
) -> None:
    lines = [{"product_id": "mug", "quantity": 1}]

    assert {"POST /availability"} == INTERNAL
    assert container.post("/availability", json={"lines": lines}).status_code == 200
    assert container.get("/health").status_code == 200
