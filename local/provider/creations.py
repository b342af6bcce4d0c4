"""Creations whose answer the engine may never have heard: nothing is made twice, nothing is lost.

When a provider plugin is killed, what it was creating is still created here, but the engine does
not know it and asks for it again in its next run. The resource that exists already is then given
out; what the stack's next run does not ask for is removed when that run has ended. A creation is
settled once the engine has spoken of the resource, or ended in good order.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass

from local.resources import Cloud, Created, Properties, ResourceError, ResourceHandler


@dataclass(frozen=True)
class _Creation:
    run: str
    handler: ResourceHandler
    cloud: Cloud
    inputs: Properties
    result: Future[Created]


class Creations:
    """What was created and is not settled yet, by URN. Safe to use from several threads."""

    def __init__(self) -> None:
        self._open: dict[str, _Creation] = {}
        self._lock = threading.Lock()

    def create(
        self,
        run: str,
        urn: str,
        handler: ResourceHandler,
        cloud: Cloud,
        inputs: Properties,
    ) -> Created:
        """Create the resource, or give out what an earlier `run` of the engine left unsettled."""
        creation = _Creation(run, handler, cloud, inputs, Future())
        left = self._left_by_another(run, urn)
        if left is not None and (adopted := self._adopt(left, handler, cloud, inputs)):
            given_out = adopted
            return self._record(urn, creation, lambda: given_out)
        name = urn.rpartition("::")[2]
        return self._record(urn, creation, lambda: handler.create(cloud, name, inputs))

    def settle(self, urn: str) -> None:
        """The engine has the resource in its state."""
        with self._lock:
            creation = self._open.get(urn)
            if creation is not None and creation.result.done():
                del self._open[urn]

    def end(self, run: str, stacks: Collection[str], dead: Callable[[str], bool]) -> None:
        """The engine has heard every answer of `run`, which was about `stacks`.

        What runs that are `dead` left of those stacks, and nobody asked for since, is deleted.
        """
        with self._lock:
            kept = {urn: each for urn, each in self._open.items() if each.run != run}
            over = {each.run for each in kept.values() if dead(each.run)}
            orphans = {
                urn: each
                for urn, each in kept.items()
                if each.run in over and stack_of(urn) in stacks
            }
            self._open = {urn: each for urn, each in kept.items() if urn not in orphans}
        for orphan in reversed(orphans.values()):
            if orphan.result.exception() is None:
                made = orphan.result.result()
                with suppress(ResourceError):
                    orphan.handler.delete(orphan.cloud, made.id, made.outputs)

    def _record(self, urn: str, creation: _Creation, make: Callable[[], Created]) -> Created:
        with self._lock:
            self._open[urn] = creation
        try:
            creation.result.set_result(make())
        except BaseException as error:
            creation.result.set_exception(error)
            self.settle(urn)
            raise
        return creation.result.result()

    def _left_by_another(self, run: str, urn: str) -> _Creation | None:
        with self._lock:
            creation = self._open.get(urn)
        return creation if creation is not None and creation.run != run else None

    def _adopt(
        self, left: _Creation, handler: ResourceHandler, cloud: Cloud, inputs: Properties
    ) -> Created | None:
        if left.result.exception() is not None:
            return None
        made = left.result.result()
        state = handler.read(cloud, made.id, made.outputs)
        if state is None:
            return None
        changed = {
            key
            for key in left.inputs.keys() | inputs.keys()
            if left.inputs.get(key) != inputs.get(key)
        }
        if changed & handler.replace_on:
            handler.delete(cloud, made.id, state)
            return None
        if changed:
            state = handler.update(cloud, made.id, state, inputs)
        return Created(made.id, state)


def stack_of(urn: str) -> str:
    """`<stack>::<project>` of `urn:pulumi:<stack>::<project>::<types>::<name>`."""
    stack, project, *_ = urn.removeprefix("urn:pulumi:").split("::")
    return f"{stack}::{project}"
