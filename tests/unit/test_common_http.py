"""The HTTP edge: what a route sees, and what a caller gets back."""

from __future__ import annotations

import base64
import json
from typing import Any

import msgspec
import pytest

from common.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    MalformedError,
    NotFoundError,
    ServiceError,
    TooLargeError,
    UnavailableError,
)
from common.http import MAX_BODY_BYTES, LambdaHandler, Request, Response, http_handler
from common.observability import logger, metrics
from tests.support.logs import captured_logs
from tests.support.payloads import CUSTOMER, TRACEPARENT, answer_of, http_event

KEY = "POST /mugs/{mug_id}"
BLUE = {"mug_id": "blue"}


class Mug(msgspec.Struct):
    """A body."""

    pieces: int


class Edge:
    """One route, which remembers its request and does what `outcome` says."""

    def __init__(self) -> None:
        self.outcome: Response | Exception = Response(body={"ok": True})
        self.requests: list[Request] = []
        self.handle = http_handler("test", {KEY: self.route})

    def route(self, request: Request) -> Response:
        self.requests.append(request)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    def call(self, route_key: str = KEY, **event: Any) -> dict[str, Any]:
        payload = http_event(route_key, path=BLUE, **event)
        return self.handle(payload, None)


@pytest.fixture
def edge(monkeypatch: pytest.MonkeyPatch) -> Edge:
    monkeypatch.setattr(metrics.provider, "namespace", "Storefront")
    return Edge()


def test_a_route_sees_the_request_with_small_header_names_and_the_tokens_subject(
    edge: Edge,
) -> None:
    edge.call(body={"pieces": 3}, headers={"Idempotency-Key": "k"}, query={"limit": "5"})

    (request,) = edge.requests
    assert request.path == {"mug_id": "blue"}
    assert request.query == {"limit": "5"}
    assert request.headers["idempotency-key"] == "k"
    assert request.customer_id == CUSTOMER
    assert request.json(Mug) == Mug(3)


def test_a_public_route_is_for_callers_without_a_token_and_no_other_is(edge: Edge) -> None:
    def called(handle: LambdaHandler, customer_id: str | None) -> int:
        return answer_of(handle(http_event(KEY, path=BLUE, customer_id=customer_id), None))[0]

    public = http_handler("test", {}, {KEY: edge.route})

    assert [called(public, None), called(public, CUSTOMER)] == [200, 500]
    assert [called(edge.handle, None), called(edge.handle, CUSTOMER)] == [500, 200]
    assert [request.customer_id for request in edge.requests] == ["", CUSTOMER]


def test_a_body_in_base64_is_decoded(edge: Edge) -> None:
    edge.call(body={"pieces": 3}, encoded=True)

    assert edge.requests[0].json(Mug) == Mug(3)


def test_an_answer_is_json_with_status_and_headers(edge: Edge) -> None:
    edge.outcome = Response(status=201, body=Mug(3), headers={"location": "/mugs/blue"})

    answer = edge.call()

    assert answer_of(answer) == (201, {"pieces": 3})
    assert answer["headers"]["content-type"] == "application/json"
    assert answer["headers"]["location"] == "/mugs/blue"


@pytest.mark.parametrize(
    ("error", "status", "kind", "title"),
    [
        (MalformedError("why"), 400, "malformed-request", "Malformed request"),
        (ForbiddenError("why"), 403, "forbidden", "Forbidden"),
        (NotFoundError("why"), 404, "not-found", "Not found"),
        (ConflictError("why"), 409, "conflict", "Conflict"),
        (TooLargeError("why"), 413, "too-large", "Too large"),
        (InvalidError("why"), 422, "invalid-request", "Invalid request"),
        (ServiceError("why"), 500, "internal-error", "Internal error"),
        (UnavailableError("why"), 503, "unavailable", "Temporarily unavailable"),
    ],
)
def test_an_error_becomes_problem_details(
    edge: Edge, error: ServiceError, status: int, kind: str, title: str
) -> None:
    edge.outcome = error

    answer = edge.call(headers={"X-Correlation-Id": "my-correlation"})

    assert answer["headers"]["content-type"] == "application/problem+json"
    assert answer_of(answer) == (
        status,
        {
            "type": f"https://storefront.example/problems/{kind}",
            "title": title,
            "status": status,
            "detail": "why",
            "correlation_id": "my-correlation",
        },
    )


def test_every_broken_rule_is_named(edge: Edge) -> None:
    edge.outcome = InvalidError("two rules", errors=["one", "two"])

    assert answer_of(edge.call())[1]["errors"] == ["one", "two"]


def test_a_crash_is_a_bare_500_and_is_logged(edge: Edge) -> None:
    edge.outcome = RuntimeError("the secret of the cellar")

    with captured_logs() as logged:
        status, problem = answer_of(edge.call())

    assert (status, problem["detail"]) == (500, "the service failed; try again")
    (crash,) = [line for line in logged() if line["level"] == "ERROR"]
    assert "the secret of the cellar" in crash["exception"]


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ("", 400, "is not JSON"),
        ("{", 400, "is not JSON"),
        ('{"pieces": "three"}', 422, "breaks a rule"),
        ("{}", 422, "breaks a rule"),
        ('{"more":' + "[" * 20000 + "]" * 20000 + ', "pieces": 1}', 400, "nested too deep"),
        ('"' + "x" * MAX_BODY_BYTES + '"', 400, f"{MAX_BODY_BYTES} at most"),
    ],
)
def test_a_body_that_cannot_be_used_is_the_callers_error(
    edge: Edge, body: str, status: int, says: str
) -> None:
    edge.handle = http_handler("test", {KEY: lambda request: Response(body=request.json(Mug))})

    answered, problem = answer_of(edge.call(body=body))

    assert answered == status
    assert says in problem["detail"]


def test_a_body_of_bytes_that_are_no_text_is_the_callers_error(edge: Edge) -> None:
    edge.handle = http_handler(
        "test", {KEY: lambda request: Response(body=request.json(dict[str, str]))}
    )
    event = http_event(KEY, path={"mug_id": "blue"}, body="x", encoded=True)
    body = base64.b64encode(b'{"name": "\xff"}').decode()

    status, problem = answer_of(edge.handle({**event, "body": body}, None))

    assert (status, problem["title"]) == (400, "Malformed request")


def test_the_callers_correlation_id_is_kept_and_logged(edge: Edge) -> None:
    with captured_logs() as logged:
        answer = edge.call(headers={"X-Correlation-Id": "my-correlation"})

    assert answer["headers"]["x-correlation-id"] == "my-correlation"
    assert edge.requests[0].correlation_id == "my-correlation"
    (line,) = logged()
    assert (line["correlation_id"], line["route"], line["status"]) == ("my-correlation", KEY, 200)


@pytest.mark.parametrize(
    "given", ["", "short", "x" * 65, "has spaces", 'quote"quote', "line\nline"]
)
def test_a_correlation_id_that_is_ill_formed_is_replaced(edge: Edge, given: str) -> None:
    answer = edge.call(headers={"X-Correlation-Id": given})

    assert answer["headers"]["x-correlation-id"] != given
    assert len(answer["headers"]["x-correlation-id"]) == 36


def test_a_correlation_id_does_not_outlive_its_request(edge: Edge) -> None:
    with captured_logs() as logged:
        edge.call(headers={"X-Correlation-Id": "first-request"})
        edge.call()
        logger.info("afterwards")

    first, second, after = logged()
    assert first["correlation_id"] == "first-request" != second["correlation_id"]
    assert "correlation_id" not in after


def test_a_request_is_a_span_of_the_callers_trace_and_is_counted(
    edge: Edge, capsys: pytest.CaptureFixture[str]
) -> None:
    edge.call(headers={"traceparent": TRACEPARENT})

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (traced,) = [line for line in lines if "span" in line]
    assert traced["span"] == f"test {KEY}"
    assert [traced["trace_id"], traced["parent_id"]] == TRACEPARENT.split("-")[1:3]
    assert [line["Http2xx"] for line in lines if "Http2xx" in line] == [[1.0]]


def test_a_route_nobody_serves_is_the_services_fault(edge: Edge) -> None:
    assert answer_of(edge.call("GET /mugs/{mug_id}"))[0] == 500
    assert edge.requests == []


def test_a_request_that_passed_no_authorizer_is_refused(edge: Edge) -> None:
    assert answer_of(edge.call(customer_id=None))[0] == 500
    assert edge.requests == []
