"""A running shop in which faults happen, and the readings that are taken meanwhile."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from local.deployment import Registration
from local.http import Caller
from local.ordering import await_until
from local.shop import Shop
from tools.alarms.defined import Stack
from tools.alarms.emitted import measured, names_of
from tools.alarms.hosts import Hosts
from tools.alarms.readings import Reading
from tools.cloudwatch.series import Sample

PRODUCT = "alarmed-mug"
STOCK = 100_000
"""Enough for every fault."""
_DEPTH = "ApproximateNumberOfMessages"
_SECONDS = 30.0
_POLL_SECONDS = 0.1
_SETTLED_SECONDS = 0.3
"""Longer than the emulator takes to look at its queues again."""
T = TypeVar("T")

await_ = partial(await_until, seconds=_SECONDS, poll_seconds=_POLL_SECONDS)


class Scene:
    """What faults act on.

    `file` has what the shop's AWS emits; `stacks` are those whose alarms are to fire.
    """

    def __init__(self, shop: Shop, file: Path, stacks: Callable[[], Iterable[Stack]]) -> None:
        self.shop = shop
        self.names = names_of(
            (each.type, each.name, {**each.outputs, "id": each.id})
            for each in shop.deployment.registrations
        )
        self.readings: list[Reading] = []
        self.samples: list[Sample] = []
        """of what the tasks and the database use, metered here"""
        self._file = file
        self._stacks = stacks
        self._hosts = Hosts(shop)

    @property
    def stacks(self) -> list[Stack]:
        """The stacks, once they are recorded."""
        return list(self._stacks())

    @contextmanager
    def reading(self) -> Iterator[None]:
        """What is emitted in the block is of one period."""
        begin = time.time()
        used = self._hosts.used()
        yield
        threading.Event().wait(_SETTLED_SECONDS)
        self.samples += self._hosts.since(used)
        self.readings.append(Reading(begin, time.time()))

    def client(self, service: str) -> Any:
        """A client of root's."""
        return self.shop.cloud.client(service)

    def registered(self, token: str) -> list[Registration]:
        """The shop's resources of a type."""
        return self.shop.deployment.of_type(token)

    def named(self, name: str) -> Mapping[str, Any]:
        """The outputs of the shop's resource with this name in the program."""
        return self.shop.deployment.named(name).outputs

    def invoke(
        self, function: str, event: Mapping[str, Any] | None = None, *, latest: bool = False
    ) -> None:
        """Call the function with this name in the program once; how it ends is not judged here.

        `latest`: as it was deployed last, past its alias.
        """
        name = function.removesuffix("-function")
        arn = self.named(f"{name}-function" if latest else f"{name}-alias")["arn"]
        client = self.client("lambda")
        with suppress(client.exceptions.TooManyRequestsException):
            client.invoke(FunctionName=arn, Payload=json.dumps(event or {}).encode())

    def emitted(self) -> list[Sample]:
        """What AWS would have emitted so far."""
        return list(measured(self._file.read_text("utf-8").splitlines(), self.names))

    def customer(self) -> Caller:
        """A customer; `with` closes the connection."""
        return Caller(self.shop.base_url, self.shop.tokens.alice)

    def back_office(self) -> Caller:
        """Who changes products; `with` closes the connection."""
        return Caller(self.shop.base_url, self.shop.tokens.admin)

    def waiting(self, url: str) -> int:
        """How many messages of a queue can be received."""
        found = self.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=[_DEPTH])
        return int(found["Attributes"][_DEPTH])


def side_by_side(work: Callable[[T], object], items: Iterable[T], at_once: int) -> None:
    """Do the work for each item, so many at a time; raises what the first failed one raised."""
    with ThreadPoolExecutor(at_once) as pool:
        for done in [pool.submit(work, item) for item in items]:
            done.result()


def pause(seconds: float) -> None:
    """Let time pass."""
    threading.Event().wait(seconds)
