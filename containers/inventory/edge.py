"""The HTTP edge of a container: the routes and answers of `common.http`, served by starlette.

Handlers are plain functions in the thread pool; `GET /health` answers from the event loop, so a
slow table cannot make the process look dead.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import ClassVar

import msgspec
import starlette.requests
import starlette.responses
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute
from starlette.routing import Route as StarletteRoute

from common.errors import MalformedError, NotFoundError, ServiceError
from common.http import MAX_BODY_BYTES, Request, Response, Route, correlation_id_of, problem
from common.observability import correlated, logger, span
from common.origin import require_edge
from inventory.telemetry import count

Endpoint = Callable[[starlette.requests.Request], Awaitable[starlette.responses.Response]]


class MethodNotAllowedError(ServiceError):
    """The path exists, but not with this method."""

    status: ClassVar[int] = 405
    kind: ClassVar[str] = "method-not-allowed"
    title: ClassVar[str] = "Method not allowed"


def application(
    service: str, routes: Mapping[str, Route], internal: Collection[str] = ()
) -> Starlette:
    """An ASGI application of `routes`, keyed as in API Gateway: `GET /products`.

    `internal` are keys of routes that the API does not have: other services call them directly,
    and nothing from outside is led to them. All others take what came through CloudFront only.
    Every response carries `X-Correlation-Id`; a crash is logged and answered as a bare 500.
    """
    by_path: dict[str, dict[str, Route]] = {}
    for key, route in routes.items():
        method, path = key.split(" ")
        guarded = route if key in internal else _through_the_edge(route)
        by_path.setdefault(path, {})[method] = guarded
    served: list[BaseRoute] = [
        StarletteRoute(path, _endpoint(service, path, methods), methods=list(methods))
        for path, methods in by_path.items()
    ]
    served.append(StarletteRoute("/health", _health))
    app = Starlette(routes=served, exception_handlers={HTTPException: _unrouted})
    app.router.redirect_slashes = False
    return app


def _through_the_edge(route: Route) -> Route:
    def guarded(request: Request) -> Response:
        require_edge(request.headers)
        return route(request)

    return guarded


def _endpoint(service: str, path: str, methods: Mapping[str, Route]) -> Endpoint:
    async def endpoint(received: starlette.requests.Request) -> starlette.responses.Response:
        method = "GET" if received.method == "HEAD" else received.method
        correlation_id = correlation_id_of(received.headers)
        if "\n" in received.scope["path"]:
            # The router's patterns end in `$`, which lets a line break pass.
            return await _unrouted(received, HTTPException(404))
        try:
            body = await _body(received)
        except MalformedError as error:
            return _sent(problem(error, correlation_id), correlation_id)
        request = Request(
            path=received.path_params,
            query=_query(received),
            headers=dict(received.headers),
            body=body,
            customer_id="",
            correlation_id=correlation_id,
        )
        name = f"{method} {path}"
        response = await run_in_threadpool(_serve, service, name, methods[method], request)
        return _sent(response, correlation_id)

    return endpoint


def _serve(service: str, name: str, route: Route, request: Request) -> Response:
    with correlated(request.correlation_id):
        with span(f"{service} {name}", traceparent=request.headers.get("traceparent")):
            response = _answer(route, request)
        logger.info("request", extra={"route": name, "status": response.status})
    count(f"Http{response.status // 100}xx")
    return response


def _answer(route: Route, request: Request) -> Response:
    try:
        return route(request)
    except ServiceError as error:
        if error.status >= 500:
            logger.warning("request failed", extra={"detail": error.detail})
        return problem(error, request.correlation_id)
    except Exception:
        logger.exception("request crashed")
        return problem(ServiceError("the service failed; try again"), request.correlation_id)


def _query(received: starlette.requests.Request) -> dict[str, str]:
    """As API Gateway gives it to functions: values of the same name are joined with commas."""
    given = received.query_params
    return {name: ",".join(given.getlist(name)) for name in given}


async def _body(received: starlette.requests.Request) -> bytes:
    body = b""
    try:
        async for chunk in received.stream():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                raise MalformedError(f"the body has more than {MAX_BODY_BYTES} bytes; send fewer")
    except starlette.requests.ClientDisconnect as error:
        raise MalformedError("the body ended before its announced length") from error
    return body


async def _health(received: starlette.requests.Request) -> starlette.responses.Response:
    return _sent(Response(body={"status": "ok"}), correlation_id_of(received.headers))


async def _unrouted(
    received: starlette.requests.Request, refusal: Exception
) -> starlette.responses.Response:
    path, method = received.url.path, received.method
    error: ServiceError = NotFoundError(f"there is nothing at {path}")
    headers: Mapping[str, str] = {}
    if isinstance(refusal, HTTPException) and refusal.status_code == MethodNotAllowedError.status:
        error = MethodNotAllowedError(f"{path} does not take {method}")
        headers = refusal.headers or {}
    correlation_id = correlation_id_of(received.headers)
    answer = problem(error, correlation_id)
    return _sent(
        Response(status=answer.status, body=answer.body, headers={**answer.headers, **headers}),
        correlation_id,
    )


def _sent(response: Response, correlation_id: str) -> starlette.responses.Response:
    return starlette.responses.Response(
        msgspec.json.encode(response.body),
        status_code=response.status,
        headers={
            "content-type": "application/json",
            "x-correlation-id": correlation_id,
            **response.headers,
        },
    )
