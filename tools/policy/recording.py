"""Runs the program of a stack under mocks, and keeps what it registers as the engine would see it.

`python -m tools.policy.recording dev {}` prints the registrations as JSON; a process of its own,
because the SDK keeps what it knows of a stack in globals.
"""

from __future__ import annotations

import asyncio
import gc
import json
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pulumi
import yaml
from google.protobuf import json_format, struct_pb2
from pulumi.runtime import mocks, rpc, settings, stack
from pulumi.runtime.proto import source_pb2

import packages
from tools.policy.answers import Answers

ROOT = Path(__file__).resolve().parents[2]


class RecordingError(RuntimeError):
    """The program did not run to its end."""


@dataclass(frozen=True, kw_only=True)
class Registration:
    """One resource: properties as they go over the wire, and the URNs each of them stems from."""

    type: str
    name: str
    urn: str
    parent: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    depends_on: dict[str, list[str]]
    protected: bool = False
    """whether Pulumi refuses to delete it, and keeps it when that alone is lifted"""

    @property
    def input_struct(self) -> struct_pb2.Struct:
        """The inputs as a protobuf message."""
        return json_format.ParseDict(self.inputs, struct_pb2.Struct())

    @property
    def output_struct(self) -> struct_pb2.Struct:
        """The outputs as a protobuf message."""
        return json_format.ParseDict(self.outputs, struct_pb2.Struct())


def record(name: str, changed: Mapping[str, str] | None = None) -> list[Registration]:
    """What the program registers with the settings of `Pulumi.<name>.yaml`, some of them changed.

    Raises RecordingError with what the program said.
    """
    done = subprocess.run(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "tools.policy.recording", name, json.dumps(changed or {})],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RecordingError(f"stack {name} could not be recorded: {done.stderr}")
    return [Registration(**entry) for entry in json.loads(done.stdout)]


def project(name: str) -> Path:
    """The folder of the program whose stack it is."""
    return ROOT / "delivery" if name == "tools" else ROOT


def configuration(name: str) -> dict[str, str]:
    """The settings of a stack, as its file has them."""
    found = yaml.safe_load((project(name) / f"Pulumi.{name}.yaml").read_text())["config"]
    return {key: _as_text(value) for key, value in found.items()}


_REFERENCE = {rpc._special_sig_key: rpc._special_resource_sig}


class _Monitor(mocks.MockMonitor):
    def __init__(self) -> None:
        super().__init__(Answers())
        self.recorded: list[dict[str, Any]] = []

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        register: Callable[[Any], Any] = super().RegisterResource
        response = register(request)
        self.recorded.append(
            {
                "type": request.type,
                "name": request.name,
                "urn": response.urn,
                "parent": request.parent,
                "inputs": json_format.MessageToDict(request.object),
                "outputs": json_format.MessageToDict(response.object),
                "depends_on": {
                    name: list(found.urns) for name, found in request.propertyDependencies.items()
                },
                "protected": request.protect and request.retainOnDelete,
            }
        )
        if request.type == "awsx:ec2:Vpc":
            self._refer_to_route_tables(response)
        return response

    def _refer_to_route_tables(self, vpc: Any) -> None:
        """The program asks for its children by reference; a policy pack is shown no references."""
        tables = []
        for zone in range(1, len(vpc.object["privateSubnetIds"]) + 1):
            for tier in ("public", "private"):
                id = f"rtb-{tier}-{zone}"
                urn = self.make_urn(vpc.urn, "aws:ec2/routeTable:RouteTable", id)
                self.resources[urn] = self.ResourceRegistration(urn, id, {})
                tables.append({**_REFERENCE, "urn": urn, "id": id})
        vpc.object["routeTables"] = tables


def run(name: str, changed: Mapping[str, str] | None = None) -> list[Registration]:
    """As `record`, in this process; any number of times, one after another.

    Where in the program a resource is made is not recorded: the SDK walks the stack to know it.
    """
    return [Registration(**entry) for entry in _run(name, changed or {})]


def _run(name: str, changed: Mapping[str, str]) -> list[dict[str, Any]]:
    monitor = _Monitor()
    settings.reset_options()
    pulumi.runtime.set_all_config({**configuration(name), **changed})
    with (
        event_loop() as loop,
        mock.patch("pulumi.runtime.resource._get_stack_trace", source_pb2.StackTrace),
    ):
        mocks.set_mocks(
            mocks=monitor.mocks, project="storefront", stack=name, preview=False, monitor=monitor
        )
        settings.set_root_resource(None)  # type: ignore[arg-type] # none before the program
        loop.run_until_complete(stack.run_in_stack(lambda: _program(project(name))))
    return sorted(monitor.recorded, key=lambda found: str(found["urn"]))


@contextmanager
def event_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """A loop whose worker threads have loops of their own; the SDK would leave those open."""
    opened: list[asyncio.AbstractEventLoop] = []

    def open_one() -> None:
        opened.append(asyncio.new_event_loop())
        asyncio.set_event_loop(opened[-1])

    open_one()
    opened[0].set_default_executor(ThreadPoolExecutor(initializer=open_one))
    try:
        yield opened[0]
    finally:
        opened[0].run_until_complete(opened[0].shutdown_default_executor())
        for loop in opened:
            loop.close()
        asyncio.set_event_loop(None)


def _program(folder: Path) -> None:
    with mock.patch.object(packages, "build", _package):
        runpy.run_path(str(folder / "__main__.py"))


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _package(service: str, target: packages.Target) -> packages.Package:
    """A package that nobody has to build: rules judge what is declared, not the code."""
    return packages.Package(path=Path(f"/packages/{service}.zip"), sha256=service)


if __name__ == "__main__":
    gc.disable()
    json.dump(_run(sys.argv[1], json.loads(sys.argv[2])), sys.stdout)
