"""Containers that die, stand still or have too much to do, and a database with too many callers."""

from __future__ import annotations

import os
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from urllib.parse import urlsplit

from local.processes import TaskProcess
from tools.alarms.faults.breaks import send, stopped
from tools.alarms.faults.fault import Fault
from tools.alarms.scene import PRODUCT, Scene, await_, pause

_PATH = f"/products/{PRODUCT}"
_READINGS = 5
_REQUESTS = 25
_ABOVE_SECONDS = 0.3
_BUSY_SECONDS = 1.0
_HEALTH = "/health"
_READINGS_MOST = 25
_CPU = ("inventory-api-cpu", "inventory-worker-cpu")
_CUSTOMERS, _PIPELINED = 2, 40
_CHUNK = 65_536
_PATIENCE_SECONDS = 10
_UNKNOWN = '{"type": "Nothing"}'
_CONNECTIONS = "payments-database-connections"


def _killed(scene: Scene) -> None:
    """It starts again within a second or two; whoever asks before is told by the proxy."""
    for _ in range(2):
        api = scene.shop.process("api")
        before = api.restarts
        os.kill(api.pid, signal.SIGKILL)
        with scene.reading(), scene.customer() as customer:
            for _ in range(_REQUESTS):
                customer.send("GET", _PATH)
        await_(partial(_restarted, api, before), "a new API")
        await_(lambda: _answers(scene), "the API answers")


def _restarted(api: TaskProcess, before: int) -> bool:
    return api.alive and api.restarts > before


def _answers(scene: Scene) -> bool:
    with scene.customer() as customer:
        return customer.send("GET", _PATH)[0] == 200


def _frozen(scene: Scene) -> None:
    seconds = max(stack.threshold("inventory-api-latency") for stack in scene.stacks)
    with ThreadPoolExecutor(_REQUESTS) as pool:
        for _ in range(3):
            with scene.reading():
                with stopped(scene.shop.process("api")):
                    asked = [pool.submit(_answers, scene) for _ in range(_REQUESTS)]
                    pause(seconds + _ABOVE_SECONDS)
                for each in asked:
                    each.result()


def _busy(scene: Scene) -> None:
    """Until both had too much to do for as long as their alarms ask, on a busy machine later."""
    queue = str(scene.named("inventory-events-queue")["url"])
    over: list[bool] = []
    with ThreadPoolExecutor(_CUSTOMERS + 1) as pool:
        for _ in range(_CUSTOMERS):
            pool.submit(_ask_on, scene, over)
        pool.submit(_send_on, scene, queue, over)
        for _ in range(_READINGS_MOST):
            with scene.reading():
                pause(_BUSY_SECONDS)
            if _was_busy(scene):
                break
        over.append(True)


def _was_busy(scene: Scene) -> bool:
    limit = max(stack.threshold(alarm) for stack in scene.stacks for alarm in _CPU)
    used = [sample for sample in scene.samples if sample.metric.name == "CPUUtilization"]
    lasting = used[-_READINGS * len(_CPU) :]
    return len(lasting) == _READINGS * len(_CPU) and all(each.value > limit for each in lasting)


def _ask_on(scene: Scene, over: list[bool]) -> None:
    """Past the proxy and many at once, for here it is the customer who is slow."""
    at = urlsplit(scene.shop.process("api").url or "")
    request = f"GET {_HEALTH} HTTP/1.1\r\nHost: {at.netloc}\r\n\r\n".encode()
    with socket.create_connection((at.hostname, at.port), timeout=_PATIENCE_SECONDS) as connection:
        while not over:
            connection.sendall(request * _PIPELINED)
            answered = 0
            while answered < _PIPELINED:
                answered += connection.recv(_CHUNK).count(b"HTTP/1.1 ")


def _send_on(scene: Scene, queue: str, over: list[bool]) -> None:
    while not over:
        send(scene, queue, _UNKNOWN, 10)


def _crowded(scene: Scene) -> None:
    most = max(stack.threshold(_CONNECTIONS) for stack in scene.stacks)
    with ExitStack() as callers:
        for _ in range(int(most) + 1):
            callers.enter_context(scene.shop.database.connect("postgres"))
        for _ in range(_READINGS):
            with scene.reading():
                pass


FAULTS = (
    Fault(
        name="killed-container",
        what="inventory's API is killed, and killed again",
        proves=("inventory-api-unavailable",),
        happen=_killed,
    ),
    Fault(
        name="frozen-container",
        what="inventory's API stands still for a while, again and again",
        proves=("inventory-api-latency", "operations-inventory-slo-latency-*"),
        happen=_frozen,
    ),
    Fault(
        name="busy-containers",
        what="inventory's API and worker have more to do than their tasks' CPU is for",
        proves=_CPU,
        happen=_busy,
    ),
    Fault(
        name="crowded-database",
        what="more connections to the database than are planned",
        proves=(_CONNECTIONS,),
        happen=_crowded,
    ),
)
