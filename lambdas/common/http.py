"""The HTTP edge: API Gateway payload 2.0 in, a route function, JSON or problem details out."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec

from common.clock import new_id
from common.errors import InvalidError, MalformedError, ServiceError
from common.observability import correlated, logger, metrics, span
from common.origin import require_edge

MAX_BODY_BYTES = 64 * 1024
_CORRELATION_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_PROBLEMS = "https://storefront.example/problems"

T = TypeVar("T")


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One request; header names are lower case, and of a public route nobody is the customer."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    customer_id: str
    correlation_id: str

    def json(self, model: type[T]) -> T:
        """The body as `model`; raises MalformedError (400) or InvalidError (422)."""
        if len(self.body) > MAX_BODY_BYTES:
            raise MalformedError(f"the body has {len(self.body)} bytes; {MAX_BODY_BYTES} at most")
        try:
            return msgspec.json.decode(self.body, type=model)
        except msgspec.ValidationError as error:
            raise InvalidError("the body breaks a rule", errors=[str(error)]) from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise MalformedError(f"the body is not JSON: {error}") from error
        except RecursionError as error:
            raise MalformedError("the body is nested too deep; use fewer levels") from error


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """Status, a body that msgspec can encode, and extra headers."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = {}


Route = Callable[[Request], Response]
LambdaHandler = Callable[[dict[str, Any], Any], dict[str, Any]]
_NONE: Mapping[str, Route] = {}


def problem(error: ServiceError, correlation_id: str) -> Response:
    """RFC 9457 problem details of `error`."""
    body: dict[str, object] = {
        "type": f"{_PROBLEMS}/{error.kind}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "correlation_id": correlation_id,
    }
    if error.errors:
        body["errors"] = list(error.errors)
    return Response(
        status=error.status, body=body, headers={"content-type": "application/problem+json"}
    )


def correlation_id_of(headers: Mapping[str, str]) -> str:
    """The caller's `X-Correlation-Id` where it is well formed, else a new one."""
    given = headers.get("x-correlation-id", "")
    return given if _CORRELATION_ID.fullmatch(given) else new_id()


def _read(event: Mapping[str, Any]) -> Request:
    headers = {key.lower(): value for key, value in (event.get("headers") or {}).items()}
    body = event.get("body") or ""
    authorizer = event.get("requestContext", {}).get("authorizer", {})
    return Request(
        path=event.get("pathParameters") or {},
        query=event.get("queryStringParameters") or {},
        headers=headers,
        body=base64.b64decode(body) if event.get("isBase64Encoded") else body.encode(),
        customer_id=authorizer.get("jwt", {}).get("claims", {}).get("sub", ""),
        correlation_id=correlation_id_of(headers),
    )


def _answer(
    routes: Mapping[str, Route], public: Mapping[str, Route], route_key: str, request: Request
) -> Response:
    try:
        require_edge(request.headers)
        route = (routes if request.customer_id else public).get(route_key)
        if route is None:
            raise ServiceError(f"no function serves {route_key!r} for this caller")
        return route(request)
    except ServiceError as error:
        if error.status >= 500:
            logger.warning("request failed", extra={"detail": error.detail})
        return problem(error, request.correlation_id)
    except Exception:
        logger.exception("request crashed")
        return problem(ServiceError("the service failed; try again"), request.correlation_id)


def http_handler(
    service: str, routes: Mapping[str, Route], public: Mapping[str, Route] = _NONE
) -> LambdaHandler:
    """A Lambda handler that serves `routes`, keyed as in API Gateway: `POST /orders`.

    `public` ones are served to callers without a token, and to nobody else.

    Every response carries `X-Correlation-Id`; a crash is logged and answered as a bare 500.
    """

    @metrics.log_metrics
    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        route_key = str(event.get("routeKey", ""))
        request = _read(event)
        with correlated(request.correlation_id):
            traceparent = request.headers.get("traceparent")
            with span(f"{service} {route_key}", traceparent=traceparent):
                response = _answer(routes, public, route_key, request)
            logger.info("request", extra={"route": route_key, "status": response.status})
        metrics.add_metric(name=f"Http{response.status // 100}xx", unit="Count", value=1)
        return {
            "statusCode": response.status,
            "headers": {
                "content-type": "application/json",
                "x-correlation-id": request.correlation_id,
                **response.headers,
            },
            "body": msgspec.json.encode(response.body).decode(),
        }

    return handle
