"""Releases of functions that crash, are slow or hang, and functions without instances."""

from __future__ import annotations

import io
import math
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from functools import partial

from tools.alarms.faults.fault import Fault
from tools.alarms.scene import Scene, await_, pause, side_by_side

_FUNCTION = "aws:lambda/function:Function"
_CRASHES = "raise RuntimeError('a broken release')"
_WAITS = "__import__('time').sleep(event['seconds'])"
_HANGS = "while __import__('os').path.exists(event['while']): __import__('time').sleep(0.5)"
_AT_ONCE = 8
_ABOVE = 0.1
_APART_SECONDS = 3.0
_SLOW_REQUESTS, _SLOW_AT_ONCE = 24, 6
_READINGS = 5


@contextmanager
def released(scene: Scene, functions: Iterable[str], body: str) -> Iterator[None]:
    """During the block the functions' aliases lead to a version that does this, and no more."""
    with ExitStack() as releases:
        for function in functions:
            releases.enter_context(_released(scene, function, body))
        yield


@contextmanager
def _released(scene: Scene, function: str, body: str) -> Iterator[None]:
    client, name = scene.client("lambda"), scene.named(function)["name"]
    alias = scene.named(_alias(function))
    timeout = max(int(stack.functions[function]["timeout"]) for stack in scene.stacks)
    client.update_function_configuration(FunctionName=name, Timeout=timeout)
    archive = _package(scene.named(function)["handler"], body)
    version = client.update_function_code(FunctionName=name, ZipFile=archive, Publish=True)
    at = {"FunctionName": name, "Name": alias["name"]}
    client.update_alias(**at, FunctionVersion=version["Version"])
    try:
        yield
    finally:
        client.update_alias(**at, FunctionVersion=alias["functionVersion"])


def _package(handler: str, body: str) -> bytes:
    """A module that needs nothing: the emulator's own hook is content with an empty botocore."""
    module, _, function = handler.rpartition(".")
    folder, _, file = module.rpartition(".")
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("botocore/__init__.py", "")
        archive.writestr(f"{folder}/__init__.py", "")
        archive.writestr(f"{folder}/{file}.py", f"def {function}(event, context):\n    {body}\n")
    return content.getvalue()


def _alias(function: str) -> str:
    return function.removesuffix("-function") + "-alias"


def _watched(scene: Scene, metric: str) -> dict[str, float]:
    """The functions with an alarm on this metric alone, and the highest of their thresholds."""
    found: dict[str, float] = {}
    for stack in scene.stacks:
        for each in stack.alarms:
            (query, *others) = each.alarm.queries
            if not others and query.metric and query.metric.name == metric:
                function = dict(query.metric.dimensions)["FunctionName"]
                found[function] = max(found.get(function, 0), each.alarm.threshold or 0)
    return found


def _broken_release(scene: Scene) -> None:
    functions = list(_watched(scene, "Errors"))
    with released(scene, functions, _CRASHES):
        for _ in range(2):
            with scene.reading():
                side_by_side(scene.invoke, functions, _AT_ONCE)


def _throttled(scene: Scene) -> None:
    functions = list(_watched(scene, "Throttles"))
    with _without_instances(scene, functions):
        for _ in range(2):
            with scene.reading():
                side_by_side(partial(scene.invoke, latest=True), functions, _AT_ONCE)


@contextmanager
def _without_instances(scene: Scene, functions: Iterable[str]) -> Iterator[None]:
    """The emulator limits what is called without an alias."""
    client = scene.client("lambda")
    for function in functions:
        name = scene.named(function)["name"]
        client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    try:
        yield
    finally:
        for function in functions:
            usual = int(scene.named(function).get("reservedConcurrentExecutions", -1))
            name = scene.named(function)["name"]
            if usual < 0:
                client.delete_function_concurrency(FunctionName=name)
            else:
                client.put_function_concurrency(
                    FunctionName=name, ReservedConcurrentExecutions=usual
                )


def _slow_release(scene: Scene) -> None:
    """Two slow calls of each function, one ending after the other; many for a promise."""
    limits = {name: limit / 1000 + _ABOVE for name, limit in _watched(scene, "Duration").items()}
    promised = _promised(scene)
    longest = max(limits.values())
    size = 2 * len(limits) + _SLOW_AT_ONCE * len(promised)
    with released(scene, limits, _WAITS), ThreadPoolExecutor(size) as pool:
        first, second = (
            [
                pool.submit(_later, scene, name, seconds, longest + late - seconds)
                for name, seconds in limits.items()
            ]
            for late in (0, _APART_SECONDS)
        )
        many = [
            pool.submit(scene.invoke, name, {"seconds": seconds + _ABOVE})
            for name, seconds in promised.items()
            for _ in range(_SLOW_REQUESTS)
        ]
        for calls in (first + many, second):
            with scene.reading():
                wait(calls)


def _later(scene: Scene, function: str, seconds: float, after: float) -> None:
    pause(after)
    scene.invoke(function, {"seconds": seconds})


def _promised(scene: Scene) -> dict[str, float]:
    """The functions with a promise of latency: above how many seconds a request is slow."""
    found = {}
    for stack in scene.stacks:
        for each in stack.alarms:
            for query in each.alarm.queries:
                if query.metric and query.metric.name == "Duration" and "TC(" in query.statistic:
                    function = dict(query.metric.dimensions)["FunctionName"]
                    slow = float(query.statistic.removeprefix("TC(").removesuffix(":)"))
                    found[function] = slow / 1000
    return found


def _saturated(scene: Scene) -> None:
    """As many calls at once as each function's alarm allows, and one more."""
    wanted = {
        name: math.floor(limit) + 1
        for name, limit in _watched(scene, "ConcurrentExecutions").items()
    }
    with (
        released(scene, wanted, _HANGS),
        ThreadPoolExecutor(sum(wanted.values())) as pool,
        tempfile.NamedTemporaryFile() as held,
    ):
        for name, count in wanted.items():
            for _ in range(count):
                pool.submit(scene.invoke, name, {"while": held.name})
        await_(lambda: _all_run(scene, wanted), f"{sum(wanted.values())} calls run")
        for _ in range(_READINGS):
            with scene.reading():
                pass


def _all_run(scene: Scene, wanted: Mapping[str, int]) -> bool:
    """Whether so many calls of each function run, by what was emitted last."""
    last = {
        dict(sample.metric.dimensions)["FunctionName"]: sample.value
        for sample in scene.emitted()
        if sample.metric.name == "ConcurrentExecutions"
    }
    return all(last.get(name, 0) >= count for name, count in wanted.items())


def _every_function(kind: str) -> tuple[str, ...]:
    return tuple(f"*-{role}-{kind}" for role in ("http", "events", "sweep", "relay", "migrate"))


SLOW_RELEASE = Fault(
    name="slow-release",
    what="a release of every function that takes longer than its alarm allows",
    proves=(
        *_every_function("latency"),
        *(
            f"operations-{service}-slo-latency-*"
            for service in ("orders", "payments", "notifications")
        ),
    ),
    happen=_slow_release,
)
"""It waits nearly all the time: other faults have the machine meanwhile."""

FAULTS = (
    Fault(
        name="broken-release",
        what="a release of every function that crashes",
        proves=_every_function("errors"),
        happen=_broken_release,
    ),
    Fault(
        name="throttled",
        what="no function may have an instance",
        proves=_every_function("throttles"),
        happen=_throttled,
    ),
    Fault(
        name="saturated",
        what="a release that hangs, called as often as the function has instances",
        proves=("*-saturation",),
        happen=_saturated,
    ),
)
