"""The WebSocket edge: who comes and who goes, as API Gateway tells it.

A connection's query string may hold a secret: no event is ever logged, nor its query.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from common.clock import new_id
from common.errors import ServiceError
from common.observability import correlated, logger, metrics, span


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """Which connection it is, and with what query it came (empty unless it just comes)."""

    connection_id: str
    query: Mapping[str, str]


SocketRoute = Callable[[Connection], None]
LambdaHandler = Callable[[dict[str, Any], Any], dict[str, Any]]


def by_kind(requests: LambdaHandler, sockets: LambdaHandler) -> LambdaHandler:
    """One function for both: what has a connection goes to `sockets`, else to `requests`."""

    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        socket = "connectionId" in event.get("requestContext", {})
        return (sockets if socket else requests)(event, context)

    return handle


def socket_handler(service: str, routes: Mapping[str, SocketRoute]) -> LambdaHandler:
    """A Lambda handler that serves `routes`, keyed as in API Gateway: `$connect`.

    A `$connect` whose answer is not 200 is refused.
    """

    @metrics.log_metrics
    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        about = event["requestContext"]
        route_key = str(about["routeKey"])
        connection = Connection(
            connection_id=about["connectionId"], query=event.get("queryStringParameters") or {}
        )
        with correlated(new_id()), span(f"{service} {route_key}"):
            status = _answer(routes, route_key, connection)
            logger.info("connection", extra={"route": route_key, "status": status})
        metrics.add_metric(name=f"Socket{status // 100}xx", unit="Count", value=1)
        return {"statusCode": status}

    return handle


def _answer(routes: Mapping[str, SocketRoute], route_key: str, connection: Connection) -> int:
    try:
        routes[route_key](connection)
    except ServiceError as error:
        if error.status >= 500:
            logger.warning("connection failed", extra={"detail": error.detail})
        return error.status
    except Exception:
        logger.exception("connection crashed")
        return 500
    return 200
