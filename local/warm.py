"""Wakes every function side by side, so that the first order meets no cold one.

A function behind a queue or a stream gets an empty batch. A function behind the API gets, through
the API, every GET and POST route it has: an order nobody placed, a body that is missing.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator

from local.errors import LocalRunError
from local.http import Caller
from local.monitor import Deployment
from local.resources import Cloud

_METHODS = ("GET", "POST")


def calls(
    deployment: Deployment, cloud: Cloud, base_url: str, token: str
) -> Iterator[Callable[[], None]]:
    """One call for each function that waits for traffic; they are independent of each other."""
    for function in _consumers(deployment):
        yield lambda function=function: _invoke(cloud, function)  # type: ignore[misc]
    for routes in _routes(deployment).values():
        yield lambda routes=routes: _visit(base_url, token, routes)  # type: ignore[misc]


def _consumers(deployment: Deployment) -> list[str]:
    mappings = deployment.of_type("aws:lambda/eventSourceMapping:EventSourceMapping")
    return [str(mapping.inputs["functionName"]) for mapping in mappings]


def _routes(deployment: Deployment) -> dict[str, list[str]]:
    """Route keys by integration, of the integrations that are functions."""
    functions = {
        f"integrations/{integration.id}"
        for integration in deployment.of_type("aws:apigatewayv2/integration:Integration")
        if integration.inputs["integrationType"] == "AWS_PROXY"
    }
    found: dict[str, list[str]] = defaultdict(list)
    for route in deployment.of_type("aws:apigatewayv2/route:Route"):
        key, target = route.inputs["routeKey"], route.inputs["target"]
        if target in functions:
            found[target].append(key)
    return found


def _invoke(cloud: Cloud, function: str) -> None:
    answer = cloud.client("lambda").invoke(FunctionName=function, Payload=b'{"Records": []}')
    if answer.get("FunctionError"):
        detail = json.loads(answer["Payload"].read()).get("errorMessage")
        raise LocalRunError(f"function {function.rpartition(':')[2]} does not start: {detail}")


def _visit(base_url: str, token: str, routes: list[str]) -> None:
    with Caller(base_url, token) as customer:
        for key in routes:
            method, _, path = key.partition(" ")
            if method in _METHODS:
                customer.send(method, path.replace("{", "").replace("}", ""))
