"""A provider that previews Kubernetes resources and creates none: there is no cluster here."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import plugin_pb2, provider_pb2_grpc
from pulumi.runtime.proto import provider_pb2 as proto

_REMEDY = (
    "this machine previews Kubernetes resources and runs none: use the official plugin and a "
    "cluster, or set inventory:platform to ecs"
)


class Previewer(provider_pb2_grpc.ResourceProviderServicer):
    """Takes every input as it is; what only a cluster can tell stays unknown."""

    def Handshake(self, request: Any, context: Any) -> proto.ProviderHandshakeResponse:  # noqa: N802
        """Secrets are taken as such."""
        return proto.ProviderHandshakeResponse(accept_secrets=True)

    def GetPluginInfo(self, request: Any, context: Any) -> plugin_pb2.PluginInfo:  # noqa: N802
        """The version of the provider that this one stands for."""
        return plugin_pb2.PluginInfo(version=version("pulumi-kubernetes"))

    def CheckConfig(self, request: Any, context: Any) -> proto.CheckResponse:  # noqa: N802
        """A kubeconfig may be unknown: its cluster is part of the same preview."""
        return proto.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> proto.DiffResponse:  # noqa: N802
        """A changed kubeconfig makes no resource new."""
        return _difference(request.old_inputs, request.news)

    def Configure(self, request: Any, context: Any) -> proto.ConfigureResponse:  # noqa: N802
        """Nothing is connected to."""
        return proto.ConfigureResponse(supportsPreview=True, acceptSecrets=True)

    def Check(self, request: Any, context: Any) -> proto.CheckResponse:  # noqa: N802
        """The inputs as they are."""
        return proto.CheckResponse(inputs=request.news)

    def Diff(self, request: Any, context: Any) -> proto.DiffResponse:  # noqa: N802
        """Whether any input differs."""
        return _difference(request.old_inputs, request.news)

    def Create(self, request: Any, context: Any) -> proto.CreateResponse:  # noqa: N802
        """The inputs, in a preview; refused otherwise."""
        if not request.preview:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, _REMEDY)
        return proto.CreateResponse(properties=request.properties)

    def Update(self, request: Any, context: Any) -> proto.UpdateResponse:  # noqa: N802
        """The new inputs, in a preview; refused otherwise."""
        if not request.preview:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, _REMEDY)
        return proto.UpdateResponse(properties=request.news)

    def Cancel(self, request: Any, context: Any) -> Empty:  # noqa: N802
        """Nothing is under way."""
        return Empty()


def _difference(old: Any, new: Any) -> proto.DiffResponse:
    kind = proto.DiffResponse
    return kind(changes=kind.DIFF_NONE if old == new else kind.DIFF_SOME)
