"""Creations whose answer the engine may never have heard: nothing is made twice, nothing is lost.

When a provider plugin is killed, what it was creating is still created here, but the engine does
not know it and asks for it again in its next run. The resource that exists already is then given
out. A creation is settled once the engine has spoken of the resource, or ended in good order.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

from local.resources import Cloud, Created, Properties, ResourceHandler


@dataclass(frozen=True)
class _Creation:
    run: str
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
        left = self._left_by_another(run, urn)
        if left is not None and (adopted := self._adopt(left, handler, cloud, inputs)):
            created = adopted
            self._record(run, urn, inputs, lambda: created)
            return created
        name = urn.rpartition("::")[2]
        return self._record(run, urn, inputs, lambda: handler.create(cloud, name, inputs))

    def settle(self, urn: str) -> None:
        """The engine has the resource in its state."""
        with self._lock:
            creation = self._open.get(urn)
            if creation is not None and creation.result.done():
                del self._open[urn]

    def end(self, run: str) -> None:
        """The engine has heard every answer of `run`."""
        with self._lock:
            self._open = {urn: kept for urn, kept in self._open.items() if kept.run != run}

    def _record(
        self, run: str, urn: str, inputs: Properties, make: Callable[[], Created]
    ) -> Created:
        creation = _Creation(run, inputs, Future())
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
