"""Wakes functions, so that nobody's first order meets a cold one.

A function that waits for a queue or a stream, or takes orders, is called with an empty batch as
soon as it exists, while the rest of the program is still being created. Once the API answers, each
of its functions gets every GET and POST route it has, about an order that nobody placed: that makes
its clients, and changes nothing that matters. Functions of the API that take no orders have no part
in one: they wait until the shop is open, and come one after another.
"""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from local.errors import LocalRunError
from local.http import Caller
from local.resources import Cloud

if TYPE_CHECKING:
    from local.deployment import Registration

_MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"
_INTEGRATION = "aws:apigatewayv2/integration:Integration"
_ROUTE = "aws:apigatewayv2/route:Route"
_PROXY = "AWS_PROXY"
_ORDERING = "POST /orders"
_METHODS = ("GET", "POST")


def known(cloud: Cloud) -> Future[Cloud]:
    """The future of a cloud that runs already."""
    future: Future[Cloud] = Future()
    future.set_result(cloud)
    return future


class Waking:
    """Calls under way in `pool`; safe to use from several threads."""

    def __init__(self, pool: ThreadPoolExecutor, cloud: Future[Cloud]) -> None:
        self._pool = pool
        self._cloud = cloud
        self._lock = threading.Lock()
        self._calls: list[Future[None]] = []
        self._called: set[str] = set()
        self._behind: dict[str, str] = {}
        """functions by the target of the routes that lead to them"""

    def created(self, entry: Registration) -> None:
        """Wake the function that a new trigger calls."""
        if entry.type == _MAPPING:
            self._call_once(entry.inputs["functionName"])
        elif entry.type == _INTEGRATION and entry.inputs["integrationType"] == _PROXY:
            self._behind[_target(entry.id)] = _function_of(str(entry.inputs["integrationUri"]))
        elif entry.type == _ROUTE and _takes_orders([str(entry.inputs["routeKey"])]):
            self._call_once(self._behind.get(str(entry.inputs.get("target")), ""))

    def find(self, base_url: str) -> None:
        """Wake every function that a trigger of the embedded AWS calls: they are all there."""
        pages = self._cloud.result().client("lambda").get_paginator("list_event_source_mappings")
        for page in pages.paginate():
            for mapping in page["EventSourceMappings"]:
                self._call_once(mapping["FunctionArn"])
        for function in _routes(self._cloud.result(), base_url):
            self._call_once(function)

    def visit(self, base_url: str, token: str) -> None:
        """Call the API's functions that take orders by their routes, side by side."""
        for keys in _routes(self._cloud.result(), base_url).values():
            if _takes_orders(keys):
                self._submit(_visit, base_url, token, keys)

    def wait(self) -> None:
        """Return when all calls have; raises LocalRunError naming a function that fails."""
        for call in self._calls:
            call.result()

    def _call_once(self, function: str) -> None:
        with self._lock:
            new = function not in self._called
            self._called.add(function)
        if function and new:
            self._submit(_invoke, self._cloud.result(), function)

    def _submit(self, call: Callable[..., None], *arguments: object) -> None:
        with self._lock:
            self._calls.append(self._pool.submit(call, *arguments))


def wake_readers(cloud: Cloud, base_url: str, token: str) -> None:
    """Wake the API's functions that take no orders, one after another.

    Raises LocalRunError naming a function that does not start.
    """
    for function, keys in _routes(cloud, base_url).items():
        if not _takes_orders(keys):
            _invoke(cloud, function)
            _visit(base_url, token, keys)


def _takes_orders(keys: Sequence[str]) -> bool:
    return any(key.startswith(_ORDERING) for key in keys)


def _target(integration: str) -> str:
    return f"integrations/{integration}"


def _routes(cloud: Cloud, base_url: str) -> dict[str, list[str]]:
    """The route keys of the API at `base_url`, by the function that they lead to."""
    client = cloud.client("apigatewayv2")
    found: dict[str, list[str]] = defaultdict(list)
    for api in client.get_apis()["Items"]:
        if api["ApiId"] in base_url:
            functions = _functions(cloud, api["ApiId"])
            for route in client.get_routes(ApiId=api["ApiId"])["Items"]:
                if route.get("Target") in functions:
                    found[functions[route["Target"]]].append(route["RouteKey"])
    return found


def _functions(cloud: Cloud, api: str) -> dict[str, str]:
    """The functions of an API, by the target of their routes."""
    found = cloud.client("apigatewayv2").get_integrations(ApiId=api)["Items"]
    return {
        _target(each["IntegrationId"]): _function_of(each["IntegrationUri"])
        for each in found
        if each["IntegrationType"] == _PROXY
    }


def _function_of(invoke_arn: str) -> str:
    return invoke_arn.partition("/functions/")[2].removesuffix("/invocations")


def _invoke(cloud: Cloud, function: str) -> None:
    answer = cloud.client("lambda").invoke(FunctionName=function, Payload=b'{"Records": []}')
    if answer.get("FunctionError"):
        detail = json.loads(answer["Payload"].read()).get("errorMessage")
        found = cloud.client("lambda").get_function(FunctionName=function)
        name, service = found["Configuration"]["FunctionName"], found["Tags"]["service"]
        raise LocalRunError(
            f"{service} stopped: function {name} does not start: {detail}. A variable that is "
            "missing comes with a grant: give the function the grant of what it uses"
        )


def _visit(base_url: str, token: str, keys: Sequence[str]) -> None:
    with Caller(base_url, token) as customer:
        for key in keys:
            method, _, path = key.partition(" ")
            if method in _METHODS:
                customer.send(method, path.replace("{", "").replace("}", ""))
