"""Runs the real Pulumi program in process, without an engine.

The SDK talks to a resource monitor. This one creates each registered resource on the embedded
AWS through the type's handler, and gives its real outputs back to the program.
"""

from __future__ import annotations

import asyncio
import gc
import json
import runpy
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pulumi
import yaml
from pulumi.runtime import mocks, rpc, settings, stack
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.sync_await import _sync_await

from local.awsx import in_process
from local.awsx.plan import COMPONENT, Child, plan
from local.deployment import Deployment, Registration
from local.errors import LocalRunError
from local.resources import Cloud, Created, handler_for, invoke

_STACK = "pulumi:pulumi:Stack"
_REMOTE_COMPONENT = "awsx:"
_ZONES = "aws:index/getAvailabilityZones:getAvailabilityZones"
_THREADS = 8


Listener = Callable[[Registration], None]


def nobody(entry: Registration) -> None:
    """Nobody is told of a created resource."""


def deploy(
    root: Path,
    environment: str,
    cloud: Future[Cloud],
    overrides: Mapping[str, str],
    created: Listener = nobody,
) -> Deployment:
    """Run `root/__main__.py` as the stack `environment`; raises LocalRunError.

    The program is read while `cloud` still starts; what it registers waits. `created` is told of
    each resource once it exists, from several threads.
    """
    project = yaml.safe_load((root / "Pulumi.yaml").read_text())["name"]
    configuration = {**_configuration(root, environment), **overrides}
    program = str(root / "__main__.py")
    deployer = Deployer(cloud, created)
    with _without_garbage_collection():
        run_program(lambda: runpy.run_path(program), deployer, project, environment, configuration)
    return deployer.deployment


def run_program(
    program: Callable[[], object],
    deployer: Deployer,
    project: str,
    environment: str,
    configuration: Mapping[str, str],
) -> None:
    """Run `program` as one stack; raises LocalRunError with the first cause."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.set_exception_handler(_leave_to_the_first)
    loops = [loop]
    loop.set_default_executor(
        ThreadPoolExecutor(
            _THREADS, thread_name_prefix="resource", initializer=lambda: loops.append(_own_loop())
        )
    )
    settings.reset_options()
    mocks.set_mocks(deployer, project, environment, preview=False, monitor=_Monitor(deployer))
    settings.set_root_resource(None)  # type: ignore[arg-type]
    pulumi.runtime.set_all_config(dict(configuration))
    try:
        loop.run_until_complete(stack.run_in_stack(lambda: _call(program)))
    except Exception as error:
        raise deployer.failure or _as_local(error) from error
    finally:
        loop.run_until_complete(_wind_up())
        asyncio.set_event_loop(None)
        for used in loops:
            used.close()


def _leave_to_the_first(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """One failure fails every output that waits for it: the first is told, not each echo of it."""


def _own_loop() -> asyncio.AbstractEventLoop:
    """The SDK's monitor wants a loop in each thread, and would make one that nobody closes."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    return loop


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """The program makes half a million objects that all stay: looking for garbage costs 0.5 s."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


async def _wind_up() -> None:
    """Let go of what a failed run has left waiting, and of the threads."""
    waiting = asyncio.all_tasks() - {asyncio.current_task()}
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_default_executor()


def _call(program: Callable[[], object]) -> None:
    program()


def _configuration(root: Path, environment: str) -> dict[str, str]:
    loaded = yaml.safe_load((root / f"Pulumi.{environment}.yaml").read_text())["config"]
    return {
        key: value if isinstance(value, str) else json.dumps(value) for key, value in loaded.items()
    }


def _as_local(error: Exception) -> LocalRunError:
    return LocalRunError(f"the Pulumi program failed: {error}")


class Deployer(mocks.Mocks):
    """Answers the program: each custom resource is created by its type's handler.

    After the first failure nothing more is created.
    """

    def __init__(self, cloud: Future[Cloud], created: Listener = nobody) -> None:
        self.deployment = Deployment()
        self.failure: LocalRunError | None = None
        self._cloud = cloud
        self._created = created
        self._lock = threading.Lock()

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        return invoke(self._cloud.result(), args.token, args.args), []

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        if not args.custom and not args.typ.startswith(_REMOTE_COMPONENT):
            return "", {}
        with self._unless_failed(args.typ, args.name):
            made = self._create(args.typ, args.name, _plain(args.inputs))
        return made.id, made.outputs

    def new_component(self, name: str, inputs: dict[str, Any]) -> in_process.Made:
        """Make the children of an `awsx.ec2.Vpc`."""
        with self._unless_failed(COMPONENT, name):
            zones = invoke(self._cloud.result(), _ZONES, {})["names"]
            planned = plan(name, _plain(inputs), zones)
        return in_process.make(planned, self._create_child)

    def _create_child(self, child: Child, inputs: dict[str, Any]) -> Created:
        with self._unless_failed(child.key.type, child.key.name):
            return self._create(child.key.type, child.key.name, inputs)

    def _create(self, type: str, name: str, inputs: dict[str, Any]) -> Created:
        handler = handler_for(type)
        cloud = self._cloud.result()
        started = time.perf_counter()
        created = handler.create(cloud, name, inputs)
        entry = Registration(
            type=type,
            name=name,
            id=created.id,
            recorded=handler.recorded,
            inputs=inputs,
            outputs=created.outputs,
            seconds=time.perf_counter() - started,
        )
        with self._lock:
            self.deployment.registrations.append(entry)
        self._created(entry)
        return created

    @contextmanager
    def _unless_failed(self, type: str, name: str) -> Iterator[None]:
        """Whether something has failed before is asked, whether this fails is kept."""
        if self.failure is not None:
            raise self.failure
        try:
            yield
        except Exception as error:
            self._fail(type, name, error)
            raise

    def _fail(self, type: str, name: str, error: Exception) -> None:
        with self._lock:
            if self.failure is not None:
                return
            if isinstance(error, LocalRunError):
                self.failure = error
            else:
                self.failure = LocalRunError(f"resource {name!r} ({type}): {error}")


class _Monitor(mocks.MockMonitor):
    def __init__(self, deployer: Deployer) -> None:
        super().__init__(deployer)
        self._deployer = deployer
        self._deployment = deployer.deployment

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        if request.type != COMPONENT:
            return super().RegisterResource(request)  # type: ignore[no-untyped-call]
        inputs = rpc.deserialize_properties(request.object)
        made = self._deployer.new_component(request.name, inputs)
        component = self.make_urn(request.parent, request.type, request.name)
        urns = in_process.urns(made.plan, component, self.make_urn)
        for key, created in made.children.items():
            child = self.ResourceRegistration(urns[key], created.id, created.outputs)
            self.resources[urns[key]] = child
        outputs = _sync_await(rpc.serialize_properties(made.outputs(urns), {}))
        return resource_pb2.RegisterResourceResponse(urn=component, object=outputs)

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        if f"::{_STACK}::" in request.urn:
            self._deployment.outputs = _plain(rpc.deserialize_properties(request.outputs))
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call]


def _plain(value: Any) -> Any:
    """`value` without the wire's marks of secrets, whole numbers as int: the wire has doubles."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        if rpc._special_sig_key in value:
            return _plain(value.get("value"))
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    return value
