"""The WebSocket edge: what a route sees, what API Gateway gets back, and what is not logged."""

from __future__ import annotations

from typing import Any

import pytest

from common.errors import ForbiddenError, UnavailableError
from common.observability import metrics
from common.sockets import Connection, by_kind, socket_handler
from tests.support.logs import captured_logs
from tests.support.payloads import http_event, socket_event

SECRET = "the-ticket-itself"  # noqa: S105 - nobody's


class Edge:
    """One route, which remembers its connections and does what `outcome` says."""

    def __init__(self) -> None:
        self.outcome: Exception | None = None
        self.seen: list[Connection] = []
        self.handler = socket_handler("test", {"$connect": self.connect})

    def connect(self, connection: Connection) -> None:
        self.seen.append(connection)
        if self.outcome:
            raise self.outcome

    def call(self, route: str = "$connect") -> Any:
        return self.handler(socket_event(route, "c-1", ticket=SECRET), None)


@pytest.fixture
def edge(monkeypatch: pytest.MonkeyPatch) -> Edge:
    monkeypatch.setattr(metrics.provider, "namespace", "Storefront")
    return Edge()


def test_a_route_sees_the_connection_and_its_query(edge: Edge) -> None:
    assert edge.call() == {"statusCode": 200}
    assert edge.seen == [Connection(connection_id="c-1", query={"ticket": SECRET})]


@pytest.mark.parametrize(
    ("outcome", "status"),
    [(ForbiddenError("no"), 403), (UnavailableError("later"), 503), (ValueError("bug"), 500)],
)
def test_an_error_refuses_the_connection(edge: Edge, outcome: Exception, status: int) -> None:
    edge.outcome = outcome

    assert edge.call() == {"statusCode": status}


def test_a_route_that_nobody_serves_is_refused(edge: Edge) -> None:
    assert edge.call("$surprise") == {"statusCode": 500}


@pytest.mark.parametrize("outcome", [None, ForbiddenError("no"), ValueError("bug")])
def test_no_line_holds_what_the_query_held(edge: Edge, outcome: Exception | None) -> None:
    edge.outcome = outcome
    with captured_logs() as lines:
        edge.call()

    assert "connection" in [line["message"] for line in lines()]
    assert SECRET not in str(lines())


def test_one_function_serves_requests_and_connections() -> None:
    both = by_kind(
        lambda event, context: {"is": "request"}, lambda event, context: {"is": "socket"}
    )

    assert both(http_event("GET /notifications"), None) == {"is": "request"}
    assert both(socket_event("$disconnect", "c-1"), None) == {"is": "socket"}
    assert both({"Records": []}, None) == {"is": "request"}
