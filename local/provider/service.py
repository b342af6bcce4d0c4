"""The provider as a server on loopback: within a plugin, or for all plugins of one cloud."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto import provider_pb2_grpc

from local.emulators import HOST
from local.provider.servicer import Clouds, Servicer

END_METHOD = "/storefront.Provider/End"
"""A plugin says that its engine has ended in good order; the request is the run's name."""
OPTIONS = _GRPC_CHANNEL_OPTIONS
_THREADS = 32


class Service:
    """A started server; `address` is `127.0.0.1:<port>`."""

    def __init__(self, *handlers: grpc.GenericRpcHandler) -> None:
        self._server = grpc.server(ThreadPoolExecutor(_THREADS), list(handlers), options=OPTIONS)
        self.port = self._server.add_insecure_port(f"{HOST}:0")
        self.address = f"{HOST}:{self.port}"

    def start(self) -> None:
        """Answer from now on."""
        self._server.start()

    def stop(self) -> None:
        """Answer no longer, and wait for the calls under way."""
        self._server.stop(grace=None).wait()

    def add(self, servicer: Servicer) -> None:
        """Serve `servicer`; before the start."""
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, self._server)


def serve(clouds: Clouds) -> Service:
    """A started service of the embedded AWS that `clouds` gives by region."""
    servicer = Servicer(clouds)
    service = Service(_Ends(servicer))
    service.add(servicer)
    service.start()
    return service


class _Ends(grpc.GenericRpcHandler):
    def __init__(self, servicer: Servicer) -> None:
        self._servicer = servicer

    def service(self, handler_call_details: Any) -> grpc.RpcMethodHandler[bytes, bytes] | None:
        if handler_call_details.method != END_METHOD:
            return None

        def end(request: bytes, context: Any) -> bytes:
            self._servicer.end(request.decode())
            return b""

        return grpc.unary_unary_rpc_method_handler(end)
