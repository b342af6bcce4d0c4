"""The embedded AWS, writing down what AWS would emit: `python -I local/metrics.py <file>`.

One JSON line for each value: of every invocation, of every request that passes the proxy in front
of the containers, of every call of the WebSocket API, and of each queue four times a second.
A script and not a module, as `local/calls.py` is.
"""

from __future__ import annotations

import json
import re
import runpy
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from ministack.core import lambda_runtime
from ministack.services import apigateway, lambda_svc, sqs

_LOOK_SECONDS = 0.25
_FUNCTIONS, _QUEUES, _BALANCER = "AWS/Lambda", "AWS/SQS", "AWS/ApplicationELB"
_SOCKETS = "AWS/ApiGateway"
_LISTENER = re.compile(r"\[VPC link to \S*?:listener/(?P<balancer>\S+)/[^/\s]+\]")
_UNREACHABLE = 502
"""What the proxy answers itself when there is no process; inventory never answers so."""
_FAILED = 500
_REFUSED = 400


class Meter:
    """Lines in a file, from several threads."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._turn = threading.Lock()

    def write(self, namespace: str, dimensions: Mapping[str, str], **values: float) -> None:
        """Note what was measured just now, metric by metric."""
        at = time.time()
        with self._turn:
            for name, value in values.items():
                line = {"namespace": namespace, "name": name, "dimensions": dict(dimensions)}
                self._file.write(json.dumps({**line, "at": at, "value": value}) + "\n")


def watch(meter: Meter) -> None:
    """Have everything that AWS emits noted from now on."""
    _watch_invocations(meter)
    _watch_limits(meter)
    _watch_proxy(meter)
    _watch_sockets(meter)
    threading.Thread(target=_look, args=(meter,), name="metrics", daemon=True).start()


def _watch_invocations(meter: Meter) -> None:
    dispatch = lambda_svc._execute_function_dispatch
    initialised = _watch_initialisation()

    def timed(func: Any, config: Any, *rest: Any) -> Any:
        began, initialised.seconds = time.perf_counter(), 0.0
        result = dispatch(func, config, *rest)
        spent = (time.perf_counter() - began - initialised.seconds) * 1000
        failed = float(bool(result.get("error")))
        of = {"FunctionName": config["FunctionName"]}
        meter.write(_FUNCTIONS, of, Invocations=1, Errors=failed, Duration=spent)
        return result

    lambda_svc._execute_function_dispatch = timed


def _watch_initialisation() -> threading.local:
    """How long an invocation, which has a thread to itself, waits for a worker to start.

    On AWS that is no part of the duration.
    """
    spawn, spent = lambda_runtime.Worker._spawn, threading.local()

    def timed(worker: Any) -> None:
        began = time.perf_counter()
        try:
            spawn(worker)
        finally:
            spent.seconds = time.perf_counter() - began

    lambda_runtime.Worker._spawn = timed
    return spent


def _watch_limits(meter: Meter) -> None:
    acquire = lambda_svc._acquire_execution_slot

    def acquire_slot(func: Any, config: Any) -> Any:
        slot, limit = acquire(func, config)
        throttled = float(slot is None)
        meter.write(_FUNCTIONS, {"FunctionName": config["FunctionName"]}, Throttles=throttled)
        return slot, limit

    lambda_svc._acquire_execution_slot = acquire_slot


def _watch_proxy(meter: Meter) -> None:
    forward = apigateway._invoke_http_proxy

    async def forward_timed(integration: Any, *rest: Any) -> Any:
        began = time.perf_counter()
        answer = await forward(integration, *rest)
        spent = time.perf_counter() - began
        if linked := _LISTENER.search(integration.get("description", "")):
            _note_request(meter, linked["balancer"], int(answer[0]), spent)
        return answer

    apigateway._invoke_http_proxy = forward_timed


def _note_request(meter: Meter, balancer: str, status: int, seconds: float) -> None:
    """As a load balancer counts: what its targets answer, and where it answers for them."""
    of = {"LoadBalancer": balancer}
    meter.write(_BALANCER, of, RequestCount=1)
    if status == _UNREACHABLE:
        meter.write(_BALANCER, of, HTTPCode_ELB_5XX_Count=1)
        return
    meter.write(_BALANCER, of, TargetResponseTime=seconds)
    if status >= _FAILED:
        meter.write(_BALANCER, of, HTTPCode_Target_5XX_Count=1)


def _watch_sockets(meter: Meter) -> None:
    invoke = apigateway._invoke_ws_lambda

    async def invoke_counted(
        api: str, account: str, region: str, route: Any, stage: str, *rest: Any, **named: Any
    ) -> Any:
        answer = await invoke(api, account, region, route, stage, *rest, **named)
        failed = isinstance(answer, dict) and int(answer.get("statusCode", 200)) >= _REFUSED
        meter.write(_SOCKETS, {"ApiId": api, "Stage": stage}, IntegrationError=float(failed))
        return answer

    apigateway._invoke_ws_lambda = invoke_counted


def _look(meter: Meter) -> None:
    pause = threading.Event()
    while not pause.wait(_LOOK_SECONDS):
        for key, running in lambda_svc.executions_in_flight()[1].items():
            of = {"FunctionName": key.rpartition(":")[2]}
            meter.write(_FUNCTIONS, of, ConcurrentExecutions=running)
        for _, queue in sqs._queues.all_items():
            _note_queue(meter, queue)


def _note_queue(meter: Meter, queue: Any) -> None:
    now = time.time()
    messages = list(queue["messages"])
    meter.write(
        _QUEUES,
        {"QueueName": queue["name"]},
        ApproximateNumberOfMessagesVisible=sum(found["visible_at"] <= now for found in messages),
        ApproximateAgeOfOldestMessage=max(
            (now - found["sent_at"] for found in messages), default=0
        ),
    )


def main() -> None:
    """Become the embedded AWS."""
    file = Path(sys.argv.pop(1)).open("a", encoding="utf-8", buffering=1)  # noqa: SIM115 - to its end
    watch(Meter(file))
    runpy.run_path(str(Path(__file__).with_name("embedded.py")), run_name="__main__")


if __name__ == "__main__":
    main()
