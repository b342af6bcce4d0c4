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

from local.errors import LocalRunError
from local.http import Caller
from local.monitor import Deployment, Registration
from local.resources import Cloud

_MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"
_INTEGRATION = "aws:apigatewayv2/integration:Integration"
_ROUTE = "aws:apigatewayv2/route:Route"
_METHODS = ("GET", "POST")


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
        elif entry.type == _INTEGRATION and _is_function(entry):
            invoke_arn = str(entry.inputs["integrationUri"])
            self._submit(invoke_arn.partition("/functions/")[2].removesuffix("/invocations"))

    def visit(self, deployment: Deployment, base_url: str, token: str) -> None:
        """Call the API's functions by their routes, each function's one after another."""
        functions = {
            f"integrations/{entry.id}"
            for entry in deployment.of_type(_INTEGRATION)
            if _is_function(entry)
        }
        routes: dict[str, list[str]] = defaultdict(list)
        for route in deployment.of_type(_ROUTE):
            if route.inputs["target"] in functions:
                routes[route.inputs["target"]].append(route.inputs["routeKey"])
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


def _is_function(integration: Registration) -> bool:
    return bool(integration.inputs["integrationType"] == "AWS_PROXY")


def _invoke(cloud: Cloud, function: str) -> None:
    answer = cloud.client("lambda").invoke(FunctionName=function, Payload=b'{"Records": []}')
    if answer.get("FunctionError"):
        detail = json.loads(answer["Payload"].read()).get("errorMessage")
        raise LocalRunError(f"function {function.rpartition(':')[2]} does not start: {detail}")


def _visit(base_url: str, token: str, keys: list[str]) -> None:
    with Caller(base_url, token) as customer:
        for key in keys:
            method, _, path = key.partition(" ")
            if method in _METHODS:
                customer.send(method, path.replace("{", "").replace("}", ""))
