"""Hands every call of one engine run to the provider beside the embedded AWS.

That provider outlives the plugin: what it has begun, it ends, whatever kills the plugin.
"""

from __future__ import annotations

import threading
import uuid
from contextlib import suppress
from typing import Any

import grpc

from local.provider.runs import RUN_KEY
from local.provider.service import END_METHOD, OPTIONS

_REACH_SECONDS = 3.0


class Forwarder(grpc.GenericRpcHandler):
    """Raises ConnectionError when nobody answers at `address`."""

    def __init__(self, address: str, seconds: float = _REACH_SECONDS) -> None:
        self._run = str(uuid.uuid4())
        self._under_way = 0
        self._lock = threading.Lock()
        self._channel = grpc.insecure_channel(address, options=OPTIONS)
        try:
            grpc.channel_ready_future(self._channel).result(seconds)
        except grpc.FutureTimeoutError as error:
            self._channel.close()
            raise ConnectionError(
                f"nobody answers at {address}: the embedded AWS of STOREFRONT_CLOUD has ended. "
                "Run make cloud, and export the STOREFRONT_CLOUD it prints."
            ) from error

    def service(self, handler_call_details: Any) -> grpc.RpcMethodHandler[bytes, bytes]:
        """The same method over there, bytes in and bytes out."""
        method = self._method(handler_call_details.method)

        def call(request: bytes, context: Any) -> bytes:
            with self._lock:
                self._under_way += 1
            try:
                return method(request, metadata=((RUN_KEY, self._run),))
            except grpc.RpcError as error:
                context.set_trailing_metadata(error.trailing_metadata() or ())
                context.abort(error.code(), error.details())
                raise
            finally:
                with self._lock:
                    self._under_way -= 1

        return grpc.unary_unary_rpc_method_handler(call)

    def close(self) -> None:
        """Say that the engine has heard everything, unless a call is still under way."""
        if not self._under_way:
            with suppress(grpc.RpcError):
                self._method(END_METHOD)(self._run.encode(), timeout=_REACH_SECONDS)
        self._channel.close()

    def _method(self, name: str) -> grpc.UnaryUnaryMultiCallable[bytes, bytes]:
        return self._channel.unary_unary(name, _unchanged, _unchanged)


def _unchanged(message: bytes) -> bytes:
    return message
