"""The HTTP edge of a container: problems, correlation, traces, what is never served."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from common.errors import UnavailableError
from inventory.api import create_app
from inventory.catalogue import Catalogue
from tests.support.inventory import (
    Clock,
    InMemoryStockStore,
    assert_problem,
    log_lines,
    product,
)


@pytest.fixture
def store() -> InMemoryStockStore:
    return InMemoryStockStore(product("mug", 4, reserved=1), product("tea", 2))


@pytest.fixture
def api(store: InMemoryStockStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Storefront")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "inventory")
    with TestClient(create_app(Catalogue(store, clock=Clock()))) as client:
        yield client


@pytest.mark.parametrize("content", [b"", b"{", b"\xff"])
def test_a_body_that_is_not_json_is_refused(api: TestClient, content: bytes) -> None:
    assert_problem(api.post("/availability", content=content), 400, "malformed-request")


def test_a_body_over_64_kib_is_refused(api: TestClient) -> None:
    answer = api.post("/availability", content=b" " * (64 * 1024 + 1))
    assert "65536" in assert_problem(answer, 400, "malformed-request")["detail"]


def test_health_touches_no_table() -> None:
    with TestClient(create_app(Catalogue(None, clock=Clock()))) as api:  # type: ignore[arg-type]
        assert api.get("/health").json() == {"status": "ok"}


@pytest.mark.parametrize("path", ["/", "/product", "/products/", "/products/mug/", "/health/x"])
def test_an_unknown_path_is_not_found(api: TestClient, path: str) -> None:
    assert_problem(api.get(path), 404, "not-found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/products/mug", {"GET", "HEAD", "PUT"}),
        ("GET", "/availability", {"POST"}),
        ("POST", "/health", {"GET", "HEAD"}),
    ],
)
def test_another_method_is_refused_with_those_that_are_allowed(
    api: TestClient, method: str, path: str, allowed: set[str]
) -> None:
    answer = api.request(method, path)

    assert_problem(answer, 405, "method-not-allowed")
    assert set(answer.headers["allow"].split(", ")) == allowed


def test_a_head_request_is_answered_as_a_get(api: TestClient) -> None:
    assert api.head("/products/mug").status_code == 200


def test_a_store_that_does_not_answer_is_a_503(
    api: TestClient, store: InMemoryStockStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable(product_id: str) -> None:
        raise UnavailableError("table inventory does not answer")

    monkeypatch.setattr(store, "product", unavailable)

    assert_problem(api.get("/products/mug"), 503, "unavailable")


def test_a_crash_is_logged_and_tells_the_caller_nothing(
    api: TestClient, store: InMemoryStockStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(product_id: str) -> None:
        raise RuntimeError("the secret is 42")

    monkeypatch.setattr(store, "product", crash)

    with log_lines() as lines:
        answer = api.get("/products/mug", headers={"x-correlation-id": "caller-0001"})

    assert "42" not in json.dumps(assert_problem(answer, 500, "internal-error"))
    (crashed,) = [line for line in lines if line["message"] == "request crashed"]
    assert "the secret is 42" in crashed["exception"]
    assert {line["correlation_id"] for line in lines} == {"caller-0001"}


def test_the_callers_correlation_id_is_continued(api: TestClient) -> None:
    answer = api.get("/products/mug", headers={"X-Correlation-Id": "caller-0001"})
    assert answer.headers["x-correlation-id"] == "caller-0001"


def test_a_malformed_correlation_id_is_replaced(api: TestClient) -> None:
    answer = api.get("/products/cup", headers={"X-Correlation-Id": "no spaces"})
    assert assert_problem(answer, 404, "not-found")["correlation_id"] != "no spaces"


def test_a_request_is_a_span_of_the_callers_trace_and_a_count(
    api: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"

    api.get("/products/mug", headers={"traceparent": f"00-{trace_id}-00f067aa0ba902b7-01"})

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (span,) = [line for line in lines if "span" in line]
    assert (span["span"], span["trace_id"], span["parent_id"]) == (
        "inventory GET /products/{product_id}",
        trace_id,
        "00f067aa0ba902b7",
    )
    (metric,) = [line for line in lines if "_aws" in line]
    assert metric["Http2xx"] == [1.0]
    assert metric["service"] == "inventory"
