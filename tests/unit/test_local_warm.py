"""Who is woken, and when: what an order needs first, what only reads last, nobody twice."""

from __future__ import annotations

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from local import warm
from local.deployment import Registration
from local.errors import LocalRunError
from local.warm import Waking, known, wake_readers

ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
URI = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{}/invocations"
BASE_URL = "http://127.0.0.1:1/_aws/execute-api/api-1/$default"
ROUTES = {
    "orders": ["GET /orders", "POST /orders"],
    "inbox": ["GET /notifications", "POST /notifications/tickets"],
}


class FakeCloud:
    """An embedded AWS with one API, two functions behind it and a queue's consumer."""

    def __init__(self) -> None:
        self.invoked: list[str] = []
        self.broken = ""

    def client(self, service: str) -> FakeCloud:
        return self

    def get_apis(self) -> dict[str, Any]:
        return {"Items": [{"ApiId": "api-1"}, {"ApiId": "another"}]}

    def get_integrations(self, **about: str) -> dict[str, Any]:
        assert about == {"ApiId": "api-1"}
        found = [
            {"IntegrationId": name, "IntegrationType": "AWS_PROXY", "IntegrationUri": uri(name)}
            for name in ROUTES
        ]
        proxy = {"IntegrationId": "products", "IntegrationType": "HTTP_PROXY"}
        return {"Items": [*found, {**proxy, "IntegrationUri": "http://127.0.0.1:2"}]}

    def get_routes(self, **about: str) -> dict[str, Any]:
        keys = {**ROUTES, "products": ["POST /products"]}
        return {
            "Items": [
                {"RouteKey": key, "Target": f"integrations/{name}"}
                for name, routes in keys.items()
                for key in routes
            ]
        }

    def get_function(self, **about: str) -> dict[str, Any]:
        name = about["FunctionName"].removeprefix(ARN)
        return {"Configuration": {"FunctionName": name}, "Tags": {"service": "notifications"}}

    def invoke(self, **about: Any) -> dict[str, Any]:
        name = about["FunctionName"].removeprefix(ARN)
        self.invoked.append(name)
        failed = {"FunctionError": "Unhandled"} if name == self.broken else {}
        return {"Payload": io.BytesIO(b'{"errorMessage": "no table"}'), **failed}


@pytest.fixture
def cloud() -> FakeCloud:
    """The embedded AWS."""
    return FakeCloud()


@pytest.fixture
def visited(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The routes that are called."""
    called: list[str] = []
    monkeypatch.setattr(warm, "_visit", lambda base_url, token, keys: called.extend(keys))
    return called


@pytest.fixture
def waking(cloud: FakeCloud) -> Iterator[Waking]:
    """Calls to that AWS."""
    with ThreadPoolExecutor(2) as pool:
        yield Waking(pool, known(cloud))  # type: ignore[arg-type]  # a stand-in


def uri(function: str) -> str:
    return URI.format(ARN + function)


def entry(kind: str, id: str, **inputs: object) -> Registration:
    """A resource that has just been created."""
    return Registration(
        type=kind, name=id, id=id, recorded=False, inputs=inputs, outputs={}, seconds=0
    )


def integration(function: str, kind: str = "AWS_PROXY") -> Registration:
    return entry(warm._INTEGRATION, function, integrationType=kind, integrationUri=uri(function))


def route(key: str, function: str) -> Registration:
    return entry(warm._ROUTE, key, routeKey=key, target=f"integrations/{function}")


def test_a_function_is_woken_once_by_its_first_trigger_that_an_order_needs(
    waking: Waking, cloud: FakeCloud
) -> None:
    for made in (
        integration("orders"),
        route("POST /orders", "orders"),
        route("POST /orders/{order_id}/cancel", "orders"),
        entry(warm._MAPPING, "m-1", functionName=f"{ARN}orders-events"),
        entry(warm._MAPPING, "m-2", functionName=f"{ARN}orders-events"),
    ):
        waking.created(made)
    waking.wait()

    assert sorted(cloud.invoked) == ["orders", "orders-events"]


def test_a_function_that_only_reads_waits_until_the_shop_is_open(
    waking: Waking, cloud: FakeCloud
) -> None:
    for made in (
        integration("inbox"),
        route("GET /notifications", "inbox"),
        route("PUT /preferences", "inbox"),
        integration("products", "HTTP_PROXY"),
        route("POST /products", "products"),
    ):
        waking.created(made)
    waking.wait()

    assert cloud.invoked == []


def test_a_visit_calls_the_routes_of_functions_that_take_a_post(
    waking: Waking, visited: list[str]
) -> None:
    waking.visit(BASE_URL, "token")
    waking.wait()

    assert visited == ROUTES["orders"]


def test_readers_are_called_and_visited(cloud: FakeCloud, visited: list[str]) -> None:
    wake_readers(cloud, BASE_URL, "token")  # type: ignore[arg-type]  # a stand-in

    assert cloud.invoked == ["inbox"]
    assert visited == ROUTES["inbox"]


def test_a_reader_that_does_not_start_is_named_with_its_service(
    cloud: FakeCloud, visited: list[str]
) -> None:
    cloud.broken = "inbox"

    with pytest.raises(LocalRunError, match=r"function inbox .* no table"):
        wake_readers(cloud, BASE_URL, "token")  # type: ignore[arg-type]  # a stand-in
