"""Builds components or the whole program without an engine, and records what they register.

Assertions are made on the recorded data afterwards, never inside `apply`.
"""

from __future__ import annotations

import gc
import itertools
import logging
import runpy
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pulumi
from pulumi.runtime import mocks, rpc, settings, stack
from pulumi.runtime.proto import source_pb2

import packages
from tests.support.answers import ACCOUNT, REGION, Answers
from tests.support.configuration import ROOT, stack_config
from tools.policy.recording import event_loop

__all__ = ["ACCOUNT", "REGION", "ROOT", "Built", "Resource", "build", "build_stack"]

_SIGNATURE = rpc._special_sig_key


_REFERENCE = {rpc._special_sig_key: rpc._special_resource_sig}


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One registration: its type, logical name, parent's URN, inputs and mocked outputs."""

    type: str
    name: str
    urn: str
    parent: str
    custom: bool
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    dependencies: tuple[str, ...]
    provider: str
    """URN and id of an explicit provider; empty for the stack's own"""
    secret_inputs: frozenset[str]
    """inputs that the engine's state encrypts"""
    protected: bool
    """whether Pulumi refuses to delete it, and keeps it when that alone is lifted"""
    ignores: tuple[str, ...]
    """inputs whose later changes Pulumi leaves alone"""


@dataclass(frozen=True, kw_only=True)
class Built:
    """Everything a program registered, the stack's outputs, and what the SDK warned of."""

    resources: tuple[Resource, ...]
    outputs: dict[str, Any]
    secret_outputs: frozenset[str] = frozenset()
    warnings: tuple[str, ...] = ()

    def of_type(self, token: str) -> list[Resource]:
        """The resources of one type, ordered by URN."""
        return [resource for resource in self.resources if resource.type == token]

    def named(self, name: str) -> Resource:
        """The one resource with this logical name; raises LookupError otherwise."""
        return self._only(name, lambda resource: resource.name == name)

    def at(self, urn: str) -> Resource:
        """The resource with this URN; raises LookupError otherwise."""
        return self._only(urn, lambda resource: resource.urn == urn)

    def under(self, name: str) -> Built:
        """The component with this logical name that the stack itself owns, and all inside it."""
        root = self._only(
            name,
            lambda resource: resource.name == name and "pulumi:pulumi:Stack::" in resource.parent,
        )
        inside = {root.urn}
        while (
            found := {resource.urn for resource in self.resources if resource.parent in inside}
            - inside
        ):
            inside |= found
        kept = tuple(resource for resource in self.resources if resource.urn in inside)
        return Built(resources=kept, outputs={})

    def counts(self) -> dict[str, int]:
        """How many resources there are of each type."""
        return dict(sorted(Counter(resource.type for resource in self.resources).items()))

    def __iter__(self) -> Iterator[Resource]:
        return iter(self.resources)

    def _only(self, sought: str, chosen: Callable[[Resource], bool]) -> Resource:
        found = [resource for resource in self.resources if chosen(resource)]
        if len(found) != 1:
            raise LookupError(f"{len(found)} resources are named {sought!r}")
        return found[0]


class _Monitor(mocks.MockMonitor):
    """Records registrations, and keeps secret what a resource's type says is secret."""

    def __init__(self) -> None:
        super().__init__(Answers())
        self.recorded: list[Resource] = []
        self.outputs: dict[str, Any] = {}

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        register: Callable[[Any], Any] = super().RegisterResource
        response = register(request)
        if request.type != "pulumi:pulumi:Stack":
            self.recorded.append(
                Resource(
                    type=request.type,
                    name=request.name,
                    urn=response.urn,
                    parent=request.parent,
                    custom=request.custom,
                    inputs=rpc.deserialize_properties(request.object),
                    outputs=rpc.deserialize_properties(response.object),
                    dependencies=tuple(request.dependencies),
                    provider=request.provider,
                    secret_inputs=_secret_inputs(rpc.deserialize_properties(request.object)),
                    protected=request.protect and request.retainOnDelete,
                    ignores=tuple(request.ignoreChanges),
                )
            )
            if request.type == "awsx:ec2:Vpc":
                self._refer_to_route_tables(response)
            for secret in request.additionalSecretOutputs:
                if secret in response.object:
                    _conceal(response.object, secret)
        return response

    def _refer_to_route_tables(self, vpc: Any) -> None:
        """The VPC component answers with its children; none of them is a registration of ours."""
        tables = []
        for zone in range(1, len(vpc.object["privateSubnetIds"]) + 1):
            for tier in ("public", "private"):
                id, kind = f"rtb-{tier}-{zone}", "aws:ec2/routeTable:RouteTable"
                urn = self.make_urn(vpc.urn, kind, id)
                self.resources[urn] = self.ResourceRegistration(urn, id, {})
                tables.append({**_REFERENCE, "urn": urn, "id": id})
        vpc.object["routeTables"] = tables

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        if request.urn.split("::")[2] == "pulumi:pulumi:Stack":
            self.outputs = rpc.deserialize_properties(request.outputs)
        register: Callable[[Any], Any] = super().RegisterResourceOutputs
        return register(request)


class _Said(logging.Handler):
    """Keeps the warnings that the engine would show."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.warnings: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """See `logging.Handler.emit`."""
        self.warnings.append(record.getMessage())


def _secret_inputs(inputs: dict[str, Any]) -> frozenset[str]:
    return frozenset(name for name, value in inputs.items() if rpc.is_rpc_secret(value))


def _conceal(answer: Any, name: str) -> None:
    if answer.fields[name].HasField("struct_value") and _SIGNATURE in answer[name]:
        return
    concealed = rpc.wrap_rpc_secret(answer[name])
    answer.get_or_create_struct(name).update(concealed)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Nothing is collected until the program has run: a quarter of its time goes to looking."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def build(
    program: Callable[[], object],
    *,
    environment: str = "test",
    config: dict[str, str] | None = None,
) -> Built:
    """Run `program` as the stack `environment` with `config` and record what it registers.

    Where in the program a resource is made is not recorded: the SDK walks the stack to know it.
    """
    monitor = _Monitor()
    counted = itertools.count(1)
    said = _Said()
    logger = logging.Logger("engine")
    logger.addHandler(said)
    settings.reset_options()
    pulumi.runtime.set_all_config(config or {})
    try:
        with (
            _no_collection(),
            event_loop() as loop,
            mock.patch("components.blocks.generated_secret.new_value") as generate,
            mock.patch("pulumi.runtime.resource._get_stack_trace", source_pb2.StackTrace),
        ):
            generate.side_effect = lambda: f"generated-{next(counted)}"
            mocks.set_mocks(
                mocks=monitor.mocks,
                project="storefront",
                stack=environment,
                preview=False,
                logger=logger,
                monitor=monitor,
            )
            settings.set_root_resource(None)  # type: ignore[arg-type] # none before the program
            loop.run_until_complete(stack.run_in_stack(lambda: _call(program)))
    finally:
        pulumi.runtime.set_all_config({})
    return Built(
        resources=tuple(sorted(monitor.recorded, key=lambda resource: resource.urn)),
        outputs={key: rpc.unwrap_rpc_secret(value) for key, value in monitor.outputs.items()},
        secret_outputs=frozenset(
            key for key, value in monitor.outputs.items() if rpc.is_rpc_secret(value)
        ),
        warnings=tuple(said.warnings),
    )


def _call(program: Callable[[], object]) -> None:
    program()


def build_stack(environment: str, *, name: str | None = None, **overrides: str) -> Built:
    """The whole program with the configuration of `environment`, as a stack of that name.

    `name` names the stack otherwise; `overrides` are `namespace__key` keyword arguments.
    """
    config = stack_config(environment)
    config.update({key.replace("__", ":", 1): value for key, value in overrides.items()})
    return build(
        lambda: runpy.run_path(str(ROOT / "__main__.py")),
        environment=name or environment,
        config=config,
    )


@contextmanager
def ready_packages() -> Iterator[None]:
    """Deployment packages that nobody has to build, named after their service."""
    with mock.patch.object(
        packages,
        "build",
        lambda service, target: packages.Package(
            path=Path(f"/packages/{service}.zip"), sha256=f"{service}-sha256"
        ),
    ):
        yield
