"""The component provider, as the engine drives it: over gRPC, with a recorded monitor."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime import rpc
from pulumi.runtime.proto import (
    engine_pb2_grpc,
    provider_pb2,
    provider_pb2_grpc,
    resource_pb2,
    resource_pb2_grpc,
)

from local.awsx import plan as awsx
from local.awsx.plan import Key, Plan, Ref, resolve
from tests.support.vpc import NAME, ZONES, arguments, planned

ROOT = Path(__file__).resolve().parents[2]
PARENT = "urn:pulumi:dev::storefront::storefront:blocks:Network::network"
PROVIDER = "urn:pulumi:dev::storefront::pulumi:providers:aws::ours::5f2c"
_FEATURES = {"secrets", "resourceReferences", "outputValues", "aliasSpecs", "deletedWith"}
_SECONDS = 30


class Log(engine_pb2_grpc.EngineServicer):
    """Takes what the provider logs."""

    def Log(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
        return empty_pb2.Empty()


@dataclass
class Monitor(resource_pb2_grpc.ResourceMonitorServicer):
    """Records registrations; in a preview nothing has an id."""

    preview: bool
    requests: list[Any] = field(default_factory=list)
    invokes: list[Any] = field(default_factory=list)

    def SupportsFeature(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in _FEATURES)

    def GetDeploymentInfo(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "as the engine's own answer")

    def Invoke(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's
        self.invokes.append(request)
        found = struct_pb2.Struct()
        found.update({"names": list(ZONES)})
        answer = provider_pb2.InvokeResponse()
        getattr(answer, "return").CopyFrom(found)
        return answer

    def RegisterResource(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's
        self.requests.append(request)
        id = _id(request.type, request.name) if request.custom and not self.preview else ""
        outputs = struct_pb2.Struct()
        outputs.CopyFrom(request.object)
        if request.type == awsx.EIP and not self.preview:
            outputs.update({"allocationId": f"eipalloc-{request.name}"})
        urn = _urn(request.type, request.name)
        return resource_pb2.RegisterResourceResponse(urn=urn, id=id, object=outputs)

    def RegisterResourceOutputs(self, request: Any, context: Any) -> Any:  # noqa: N802
        return empty_pb2.Empty()

    @property
    def children(self) -> dict[Key, Any]:
        """The registered children, in the order of registration."""
        custom = [request for request in self.requests if request.custom]
        return {Key(request.type, request.name): request for request in custom}


def _urn(type: str, name: str) -> str:
    return f"urn:pulumi:dev::storefront::{type}::{name}"


def _id(type: str, name: str) -> str:
    return f"{type.rpartition(':')[2]}-{name}".lower()


@dataclass
class Engine:
    """A monitor and the provider that registers with it."""

    monitor: Monitor
    address: str
    provider: Any

    def construct(self, **more: Any) -> Any:
        """The answer to `Construct` with the arguments of our program and `more`."""
        inputs = struct_pb2.Struct()
        inputs.update({key: item for key, item in arguments(**more).items() if item is not None})
        request = provider_pb2.ConstructRequest(
            project="storefront",
            stack="dev",
            dryRun=self.monitor.preview,
            parallel=4,
            monitorEndpoint=self.address,
            type=awsx.COMPONENT,
            name=NAME,
            parent=PARENT,
            inputs=inputs,
            providers={"aws": PROVIDER},
            accepts_output_values=True,
        )
        return self.provider.Construct(request, timeout=_SECONDS)


@contextmanager
def _engine(*, preview: bool) -> Iterator[Engine]:
    monitor = Monitor(preview)
    server = grpc.server(ThreadPoolExecutor(4))
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(monitor, server)
    engine_pb2_grpc.add_EngineServicer_to_server(Log(), server)
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    plugin = _plugin(address)
    assert plugin.stdout is not None
    try:
        with grpc.insecure_channel(f"127.0.0.1:{int(plugin.stdout.readline())}") as channel:
            stub = provider_pb2_grpc.ResourceProviderStub(channel)
            yield Engine(monitor, address, stub)
    finally:
        plugin.terminate()
        plugin.communicate(timeout=_SECONDS)
        server.stop(grace=None).wait(_SECONDS)


def _plugin(engine: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "local.awsx", engine],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.fixture(scope="module")
def up() -> Iterator[tuple[Engine, Any]]:
    """An update's engine, and what it was answered."""
    with _engine(preview=False) as engine:
        yield engine, engine.construct()


@pytest.fixture(scope="module")
def preview() -> Iterator[tuple[Engine, Any]]:
    """A preview's engine, and what it was answered."""
    with _engine(preview=True) as engine:
        yield engine, engine.construct()


def _expected_inputs(plan: Plan, known: Any) -> dict[Key, Any]:
    return {child.key: resolve(child.inputs, known) for child in plan.children}


def _known(item: Ref | Key) -> str:
    assert isinstance(item, Ref)
    if item.output == "allocationId":
        return f"eipalloc-{item.child.name}"
    return _id(item.child.type, item.child.name)


def _plain(message: Any) -> Any:
    """A struct as Python values, whole numbers as int."""
    return json_format.MessageToDict(message)


def test_an_update_registers_the_children_of_the_plan(up: tuple[Engine, Any]) -> None:
    engine, _ = up

    made = {key: _plain(request.object) for key, request in engine.monitor.children.items()}

    assert made == _expected_inputs(planned(), _known)


def test_a_preview_registers_the_same_children_with_unknown_ids(
    preview: tuple[Engine, Any],
) -> None:
    engine, _ = preview

    made = {key: _plain(request.object) for key, request in engine.monitor.children.items()}

    assert made == _expected_inputs(planned(), lambda item: rpc.UNKNOWN)


@pytest.mark.parametrize("run", ["up", "preview"])
def test_parents_and_dependencies_are_the_plans(run: str, request: pytest.FixtureRequest) -> None:
    engine, _ = request.getfixturevalue(run)
    component = _urn(awsx.COMPONENT, NAME)

    made = {
        key: (item.parent, set(item.dependencies)) for key, item in engine.monitor.children.items()
    }

    assert made == {
        child.key: (
            _urn(child.parent.type, child.parent.name) if child.parent else component,
            {_urn(key.type, key.name) for key in child.depends_on} | _referred(child),
        )
        for child in planned().children
    }


def _referred(child: awsx.Child) -> set[str]:
    found: list[Any] = []
    resolve(child.inputs, found.append)
    return {_urn(ref.child.type, ref.child.name) for ref in found}


def test_every_child_is_made_by_the_components_provider(up: tuple[Engine, Any]) -> None:
    engine, _ = up

    made = {(item.provider, item.version) for item in engine.monitor.children.values()}

    assert made == {(PROVIDER, version("pulumi_aws"))}
    assert [(item.tok, item.provider, item.version) for item in engine.monitor.invokes] == [
        (
            "aws:index/getAvailabilityZones:getAvailabilityZones",
            PROVIDER,
            version("pulumi_aws"),
        )
    ]


def test_the_component_itself_is_below_the_programs_parent(up: tuple[Engine, Any]) -> None:
    engine, answer = up
    component = engine.monitor.requests[0]

    assert (component.type, component.name, component.custom) == (awsx.COMPONENT, NAME, False)
    assert component.parent == PARENT
    assert answer.urn == _urn(awsx.COMPONENT, NAME)


def test_an_update_answers_ids_and_references(up: tuple[Engine, Any]) -> None:
    state = _plain(up[1].state)
    key = Key(awsx.VPC, NAME)

    assert set(state) == set(planned().outputs)
    assert _bare(state["vpcId"]) == _known(Ref(key))
    assert _bare(state["privateSubnetIds"]) == [
        _known(Ref(Key(awsx.SUBNET, f"{NAME}-private-{zone}"))) for zone in (1, 2)
    ]
    assert (state["vpc"]["urn"], state["vpc"]["id"]) == (_urn(*_pair(key)), _known(Ref(key)))
    assert state["subnetLayout"][0] == {"type": "Public", "cidrMask": 24, "size": 256}


def test_a_preview_answers_unknown_ids(preview: tuple[Engine, Any]) -> None:
    state = _plain(preview[1].state)

    assert _bare(state["vpcId"]) == rpc.UNKNOWN
    assert _bare(state["privateSubnetIds"]) == [rpc.UNKNOWN] * 2
    assert state["vpc"]["urn"] == _urn(awsx.VPC, NAME)
    assert len(state["natGateways"]) == 1


def _pair(key: Key) -> tuple[str, str]:
    return key.type, key.name


def _bare(value: Any) -> Any:
    """A value without the mark of an output; one without a value is unknown."""
    if isinstance(value, list):
        return [_bare(item) for item in value]
    return value.get("value", rpc.UNKNOWN) if isinstance(value, dict) else value


def test_a_secret_tag_stays_secret() -> None:
    mark = rpc._special_sig_key
    output = {mark: rpc._special_output_value_sig, "value": "hush", "secret": True}
    with _engine(preview=False) as engine:
        engine.construct(tags={"project": output})
        vpc = engine.monitor.children[Key(awsx.VPC, NAME)]

    secret = {mark: rpc._special_secret_sig, "value": "hush"}
    assert _plain(vpc.object)["tags"] == {"Name": NAME, "project": secret}


def test_a_refused_argument_is_named_as_the_engine_shows_it() -> None:
    with _engine(preview=True) as engine, pytest.raises(grpc.RpcError) as refused:
        engine.construct(subnetStrategy=None)

    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    details = str(refused.value.trailing_metadata())
    assert "subnetStrategy" in details
    assert "covers 'Auto' only; say Auto" in details
    assert engine.monitor.children == {}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_plugin_ends_silently(number: signal.Signals) -> None:
    plugin = _plugin("127.0.0.1:9")
    assert plugin.stdout is not None
    port = int(plugin.stdout.readline())

    plugin.send_signal(number)
    output, errors = plugin.communicate(timeout=_SECONDS)

    assert port > 0
    assert (output, errors) == (b"", b"")
