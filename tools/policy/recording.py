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
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pulumi
import yaml
from google.protobuf import json_format, struct_pb2
from pulumi.runtime import mocks, rpc, settings, stack

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


def _run(name: str, changed: Mapping[str, str]) -> list[dict[str, Any]]:
    configured = {**configuration(name), **changed}
    loop = _event_loop()
    loop.set_default_executor(ThreadPoolExecutor(initializer=_event_loop))
    monitor = _Monitor()
    pulumi.runtime.set_all_config(configured)
    mocks.set_mocks(
        mocks=monitor.mocks, project="storefront", stack=name, preview=False, monitor=monitor
    )
    settings.set_root_resource(None)  # type: ignore[arg-type] # none before the program
    loop.run_until_complete(stack.run_in_stack(lambda: _program(project(name))))
    return sorted(monitor.recorded, key=lambda found: str(found["urn"]))


def _event_loop() -> asyncio.AbstractEventLoop:
    """A loop for this thread; the SDK asks for one in every thread that it works in."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    return loop


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
