"""The engine's ResourceProvider protocol over the resource handlers of the local run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import plugin_pb2, provider_pb2_grpc
from pulumi.runtime.proto import provider_pb2 as proto

from local.provider import wire
from local.provider.changes import diff
from local.provider.configuration import configuration_problems
from local.provider.creations import Creations, stack_of
from local.provider.defaults import with_defaults
from local.provider.runs import Run, Runs
from local.provider.schema import schema_of
from local.resources import (
    Cloud,
    Properties,
    ResourceError,
    UnhandledTypeError,
    handler_for,
    invoke,
)

Clouds = Callable[[str], Cloud]
"""Region → the embedded AWS; raises LookupError, with the remedy, when there is none."""


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """Serves any number of engine runs at a time; each names itself in the call's metadata."""

    def __init__(self, clouds: Clouds, trouble: str = "") -> None:
        """`trouble`: why no run can be served; its configuration check says so."""
        self._clouds = clouds
        self._trouble = trouble
        self._runs = Runs()
        self._creations = Creations()

    def Handshake(self, request: Any, context: Any) -> proto.ProviderHandshakeResponse:  # noqa: N802
        """Secrets are taken as such, so that they stay secret in what is made of them."""
        self._runs.of(context).engine_address = request.engine_address
        return proto.ProviderHandshakeResponse(accept_secrets=True)

    def GetPluginInfo(self, request: Any, context: Any) -> plugin_pb2.PluginInfo:  # noqa: N802
        """The version of the AWS provider that this one stands for."""
        return plugin_pb2.PluginInfo(version=version("pulumi-aws"))

    def CheckConfig(self, request: Any, context: Any) -> proto.CheckResponse:  # noqa: N802
        """Refuses what this provider does not have, endpoints that are not on loopback first."""
        given = wire.Secrets().open(request.news)
        failures = [
            proto.CheckFailure(property=problem.path, reason=problem.reason)
            for problem in configuration_problems(given)
        ]
        if self._trouble:
            failures = [proto.CheckFailure(reason=self._trouble)]
        return proto.CheckResponse(inputs=request.news, failures=failures)

    def DiffConfig(self, request: Any, context: Any) -> proto.DiffResponse:  # noqa: N802
        """No change of configuration makes the provider's resources new."""
        same = wire.plain(request.old_inputs) == wire.plain(request.news)
        kind = proto.DiffResponse
        return kind(changes=kind.DIFF_NONE if same else kind.DIFF_SOME)

    def Configure(self, request: Any, context: Any) -> proto.ConfigureResponse:  # noqa: N802
        """Remembers the region of this run."""
        self._runs.of(context).region = wire.Secrets().open(request.args).get("region", "")
        return proto.ConfigureResponse(supportsPreview=True, acceptSecrets=True)

    def Invoke(self, request: Any, context: Any) -> proto.InvokeResponse:  # noqa: N802
        """What a program asks without creating anything; needs no running AWS."""
        with _reported(context):
            region = self._runs.of(context).region
            answer = invoke(_nowhere(region), request.tok, wire.plain(request.args))
        response = proto.InvokeResponse()
        getattr(response, "return").CopyFrom(wire.struct(answer))
        return response

    def Check(self, request: Any, context: Any) -> proto.CheckResponse:  # noqa: N802
        """The inputs with the provider's defaults, and every property that AWS has not."""
        token = type_of(request.urn)
        with _reported(context):
            handler_for(token)
            schema = schema_of(token)
        self._run(context, request.urn)
        if request.olds.fields:
            self._creations.settle(request.urn)
        secrets = wire.Secrets()
        failures = [
            proto.CheckFailure(property=problem.path, reason=problem.reason)
            for problem in schema.problems(secrets.open(request.news))
        ]
        inputs = with_defaults(token, wire.plain(request.news))
        return proto.CheckResponse(inputs=wire.struct(inputs), failures=failures)

    def Diff(self, request: Any, context: Any) -> proto.DiffResponse:  # noqa: N802
        """Which inputs changed, and which of them need a new resource."""
        self._run(context, request.urn)
        self._creations.settle(request.urn)
        with _reported(context):
            handler = handler_for(type_of(request.urn))
        secrets = wire.Secrets()
        return diff(handler, secrets.open(request.old_inputs), secrets.open(request.news))

    def Create(self, request: Any, context: Any) -> proto.CreateResponse:  # noqa: N802
        """Creates the resource; a preview leaves unknown what only AWS can say."""
        token, run = type_of(request.urn), self._run(context, request.urn)
        secrets = wire.Secrets()
        inputs = secrets.open(request.properties)
        with _reported(context, secrets):
            handler = handler_for(token)
            if handler.recorded:
                run.say(request.urn, f"recorded, not created: {handler.reason}")
            if request.preview:
                unknown = dict.fromkeys(schema_of(token).outputs, wire.UNKNOWN)
                return proto.CreateResponse(properties=secrets.seal({**unknown, **inputs}))
            created = self._creations.create(
                run.name, request.urn, handler, self._cloud(run), wire.for_handler(inputs)
            )
        outputs = wire.from_handler(created.outputs, inputs)
        return proto.CreateResponse(id=created.id, properties=secrets.seal(outputs))

    def Read(self, request: Any, context: Any) -> proto.ReadResponse:  # noqa: N802
        """The resource as it is now; no id in the answer: it is gone."""
        self._creations.settle(request.urn)
        token, run = type_of(request.urn), self._runs.of(context)
        secrets = wire.Secrets()
        state, inputs = secrets.open(request.properties), secrets.open(request.inputs)
        with _reported(context, secrets):
            found = handler_for(token).read(
                self._cloud(run), request.id, wire.for_handler(state or inputs)
            )
        if found is None:
            return proto.ReadResponse()
        outputs = wire.from_handler(found, inputs, state)
        return proto.ReadResponse(
            id=request.id,
            properties=secrets.seal(outputs),
            inputs=secrets.seal(_inputs_of(token, inputs, outputs)),
        )

    def Update(self, request: Any, context: Any) -> proto.UpdateResponse:  # noqa: N802
        """Brings the resource to its new inputs; a preview leaves unknown what that may change."""
        token, run = type_of(request.urn), self._runs.of(context)
        secrets = wire.Secrets()
        state, inputs = secrets.open(request.olds), secrets.open(request.news)
        with _reported(context, secrets):
            handler = handler_for(token)
            if request.preview:
                unsettled = dict.fromkeys(handler.unsettled, wire.UNKNOWN)
                return proto.UpdateResponse(
                    properties=secrets.seal({**state, **unsettled, **inputs})
                )
            updated = handler.update(
                self._cloud(run),
                request.id,
                wire.for_handler(state),
                wire.for_handler(inputs),
            )
        return proto.UpdateResponse(properties=secrets.seal(wire.from_handler(updated, inputs)))

    def Delete(self, request: Any, context: Any) -> Empty:  # noqa: N802
        """Deletes the resource; one that is already gone is fine."""
        self._creations.settle(request.urn)
        run, secrets = self._run(context, request.urn), wire.Secrets()
        state = wire.for_handler(secrets.open(request.properties))
        with _reported(context, secrets):
            handler_for(type_of(request.urn)).delete(self._cloud(run), request.id, state)
        return Empty()

    def Cancel(self, request: Any, context: Any) -> Empty:  # noqa: N802
        """What is under way ends by itself, and the engine waits for it."""
        return Empty()

    def end(self, run: str) -> None:
        """The engine of `run` has ended in good order."""
        ended = self._runs.end(run)
        self._creations.end(run, ended.stacks, self._runs.is_dead)

    def _run(self, context: Any, urn: str) -> Run:
        run = self._runs.of(context)
        run.stacks.add(stack_of(urn))
        return run

    def _cloud(self, run: Run) -> Cloud:
        return self._clouds(run.region)


def type_of(urn: str) -> str:
    """`aws:sqs/queue:Queue` of `urn:pulumi:<stack>::<project>::<parents>$<type>::<name>`."""
    return urn.split("::")[2].rpartition("$")[2]


def _inputs_of(token: str, inputs: Properties, outputs: Properties) -> Properties:
    """The inputs as they are now; of an import, which has none yet, those that AWS tells."""
    names = inputs.keys() or schema_of(token).inputs.hints.keys() & outputs.keys()
    return {name: outputs.get(name, inputs.get(name)) for name in names}


def _nowhere(region: str) -> Cloud:
    """Enough of a cloud for answers that need none: region and account."""
    return Cloud(endpoint="http://127.0.0.1:9", region=region, account_id="000000000000")


@contextmanager
def _reported(context: Any, secrets: wire.Secrets | None = None) -> Iterator[None]:
    """Ends the call with the message of an error that has one, and no secret in it."""
    try:
        yield
    except (ResourceError, UnhandledTypeError, LookupError, ValueError) as error:
        message = str(error.args[0] if error.args else error)
        context.abort(grpc.StatusCode.UNKNOWN, secrets.redact(message) if secrets else message)
