"""Asking inventory over HTTP whether an order could be reserved.

Cloud Map finds it here; `orders.mesh` is the other way.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec
import urllib3
from botocore.exceptions import BotoCoreError, ClientError

from common.observability import current_traceparent, logger, span
from common.resilience import Guard
from orders.models import OrderLine

PATH = "/availability"
FRESH_SECONDS = 10.0
ATTEMPTS = 2
FAILURES = 5
OPEN_SECONDS = 10.0
UNHEALTHY = "UNHEALTHY"


class NoAnswerError(Exception):
    """Inventory cannot be found, or what it says is no answer."""


class Way(Protocol):
    """How a request reaches inventory."""

    def to(
        self, method: str, path: str, headers: Mapping[str, str]
    ) -> tuple[str, Mapping[str, str]]:
        """The URL to ask, and the headers to send; raises NoAnswerError without a way."""
        ...

    def distrust(self) -> None:
        """What the way led to does not answer."""
        ...


class _AvailabilityAnswer(msgspec.Struct, frozen=True):
    available: bool


class CloudMapDirectory:
    """The addresses of a service's instances, kept for ten seconds.

    While Cloud Map does not answer, the last addresses it gave are used.
    """

    def __init__(
        self,
        client: Any,
        *,
        namespace: str,
        service: str,
        default_port: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._question = {
            "NamespaceName": namespace,
            "ServiceName": service,
            "HealthStatus": "ALL",
        }
        self._default_port = default_port
        self._clock = clock
        self._addresses: list[str] = []
        self._fresh_until = clock()

    def to(
        self, method: str, path: str, headers: Mapping[str, str]
    ) -> tuple[str, Mapping[str, str]]:
        """See `Way.to`: straight to one instance, which asks for no signature."""
        return f"http://{self.pick()}{path}", headers

    def pick(self) -> str:
        """`host:port` of one instance that is not known to be unhealthy, at random.

        Raises NoAnswerError when there is none.
        """
        if not self._addresses or self._clock() >= self._fresh_until:
            self._refresh()
        if not self._addresses:
            raise NoAnswerError("Cloud Map names no healthy instance of inventory")
        return random.choice(self._addresses)  # noqa: S311 - spreads load, hides nothing

    def distrust(self) -> None:
        """Ask Cloud Map again before the next pick: an instance it named does not answer."""
        self._fresh_until = self._clock()

    def _refresh(self) -> None:
        try:
            answer = self._client.discover_instances(**self._question)
        except (BotoCoreError, ClientError) as error:
            logger.warning("Cloud Map does not answer", extra={"detail": str(error)})
        else:
            self._addresses = [
                self._address(instance["Attributes"])
                for instance in answer["Instances"]
                if instance.get("HealthStatus") != UNHEALTHY
            ]
        self._fresh_until = self._clock() + FRESH_SECONDS

    def _address(self, attributes: Mapping[str, str]) -> str:
        """A task has an address of its own; where a load balancer stands for all, its name."""
        host = attributes.get("AWS_ALIAS_DNS_NAME") or attributes["AWS_INSTANCE_IPV4"]
        return f"{host}:{attributes.get('AWS_INSTANCE_PORT', self._default_port)}"


class InventoryInquiry:
    """A `StockInquiry` over HTTP; it gives up after two attempts of `timeout_seconds` each.

    After five orders in a row without an answer it does not ask for ten seconds.
    """

    def __init__(self, way: Way, timeout_seconds: float) -> None:
        self._way = way
        self._pool = urllib3.PoolManager()
        self._timeout = urllib3.Timeout(total=timeout_seconds)
        self._guard = Guard(
            "inventory",
            attempts=ATTEMPTS,
            failures=FAILURES,
            open_seconds=OPEN_SECONDS,
            retry_on=(NoAnswerError,),
        )

    def available(self, lines: Sequence[OrderLine], correlation_id: str) -> bool:
        """Whether all lines could be reserved now; raises UnavailableError without an answer."""
        wanted = [{"product_id": line.product_id, "quantity": line.quantity} for line in lines]
        body = msgspec.json.encode({"lines": wanted})
        headers = {"content-type": "application/json", "x-correlation-id": correlation_id}
        with span("orders asks inventory"):
            if traceparent := current_traceparent():
                headers["traceparent"] = traceparent
            return self._guard.call(lambda: self._ask(body, headers))

    def _ask(self, body: bytes, headers: Mapping[str, str]) -> bool:
        try:
            return self._post(*self._way.to("POST", PATH, headers), body)
        except (BotoCoreError, urllib3.exceptions.HTTPError, msgspec.DecodeError) as error:
            self._way.distrust()
            raise NoAnswerError(f"inventory: {error}") from error

    def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> bool:
        response = self._pool.request(
            "POST",
            url,
            body=body,
            headers=headers,
            timeout=self._timeout,
            retries=False,
            redirect=False,
        )
        if response.status != 200:
            raise urllib3.exceptions.HTTPError(f"{url} answers {response.status}")
        return msgspec.json.decode(response.data, type=_AvailabilityAnswer).available
