"""Wakes every function side by side, so that the first order meets no cold one.

A function that waits for a queue, a stream or the API is called with an empty batch as soon as it
exists, while the rest of the program is still being created. Once the API answers, each of its
functions gets every GET and POST route it has, about an order that nobody placed: that makes its
clients, and changes nothing.
"""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from local.errors import LocalRunError
from local.http import Caller
from local.resources import Cloud

if TYPE_CHECKING:
    from local.deployment import Registration

_MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"
_INTEGRATION = "aws:apigatewayv2/integration:Integration"
_PROXY = "AWS_PROXY"
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

    def created(self, entry: Registration) -> None:
        """Wake the function that a new trigger calls."""
        if entry.type == _MAPPING:
            self._submit(entry.inputs["functionName"])
        elif entry.type == _INTEGRATION and entry.inputs["integrationType"] == _PROXY:
            self._submit(_function_of(str(entry.inputs["integrationUri"])))

    def find(self) -> None:
        """Wake every function that a trigger of the embedded AWS calls: they are all there."""
        cloud = self._cloud.result()
        pages = cloud.client("lambda").get_paginator("list_event_source_mappings").paginate()
        triggered = {
            mapping["FunctionArn"] for page in pages for mapping in page["EventSourceMappings"]
        }
        for api in cloud.client("apigatewayv2").get_apis()["Items"]:
            triggered |= {_function_of(uri) for uri in _functions(cloud, api["ApiId"]).values()}
        for function in triggered:
            self._submit(function)

    def visit(self, base_url: str, token: str) -> None:
        """Call the API's functions by their routes, each function's one after another."""
        cloud = self._cloud.result()
        for api in cloud.client("apigatewayv2").get_apis()["Items"]:
            if api["ApiId"] in base_url:
                self._visit(cloud, api["ApiId"], base_url, token)

    def _visit(self, cloud: Cloud, api: str, base_url: str, token: str) -> None:
        targets = {f"integrations/{id}" for id in _functions(cloud, api)}
        routes: dict[str, list[str]] = defaultdict(list)
        for route in cloud.client("apigatewayv2").get_routes(ApiId=api)["Items"]:
            if route.get("Target") in targets:
                routes[route["Target"]].append(route["RouteKey"])
        with self._lock:
            for keys in routes.values():
                self._calls.append(self._pool.submit(_visit, base_url, token, keys))

    def wait(self) -> None:
        """Return when all calls have; raises LocalRunError naming a function that fails."""
        for call in self._calls:
            call.result()

    def _submit(self, function: str) -> None:
        with self._lock:
            self._calls.append(self._pool.submit(_invoke, self._cloud.result(), function))


def _functions(cloud: Cloud, api: str) -> dict[str, str]:
    """The invoke ARNs of an API's functions, by integration id."""
    found = cloud.client("apigatewayv2").get_integrations(ApiId=api)["Items"]
    return {
        each["IntegrationId"]: each["IntegrationUri"]
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


def _visit(base_url: str, token: str, keys: list[str]) -> None:
    with Caller(base_url, token) as customer:
        for key in keys:
            method, _, path = key.partition(" ")
            if method in _METHODS:
                customer.send(method, path.replace("{", "").replace("}", ""))
