"""A creation whose answer was lost is given out, and never made again."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest

from local.provider.creations import Creations
from local.resources import Cloud, Created, Properties, ResourceError, ResourceHandler

URN = "urn:pulumi:s::p::aws:sqs/queue:Queue::orders"
STACK = "s::p"
CLOUD = Cloud(endpoint="http://127.0.0.1:9", region="us-east-1", account_id="000000000000")


@dataclass
class Things(ResourceHandler):
    """Things in memory, by id."""

    handles: str = "test:thing:Thing"
    replace_on: frozenset[str] = frozenset({"kind"})
    held: dict[str, Properties] = field(default_factory=dict)
    gate: threading.Event = field(default_factory=threading.Event)
    begun: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    def create(self, cloud: Cloud, name: str, inputs: Properties) -> Created:
        if inputs.get("broken"):
            raise ResourceError("broken")
        self.begun.set()
        assert self.gate.wait(5)
        id = f"{name}-{len(self.held)}"
        self.held[id] = {**inputs, "id": id}
        return Created(id, self.held[id])

    def read(self, cloud: Cloud, id: str, state: Properties) -> Properties | None:
        return self.held.get(id)

    def update(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> Properties:
        self.held[id] = {**inputs, "id": id}
        return self.held[id]

    def delete(self, cloud: Cloud, id: str, state: Properties) -> None:
        self.held.pop(id, None)


def nobody_is_dead(run: str) -> bool:
    return False


def create(made: Creations, things: Things, run: str, **inputs: Any) -> Created:
    return made.create(run, URN, things, CLOUD, inputs)


def test_what_another_run_left_is_given_out() -> None:
    made, things = Creations(), Things()
    first = create(made, things, "killed", size=1)

    second = create(made, things, "next", size=1)

    assert second == first
    assert list(things.held) == [first.id]


def test_what_is_still_being_created_is_waited_for() -> None:
    made, things = Creations(), Things()
    things.gate.clear()
    with ThreadPoolExecutor(2) as threads:
        killed = threads.submit(create, made, things, "killed", size=1)
        assert things.begun.wait(5)
        after = threads.submit(create, made, things, "next", size=1)
        things.gate.set()

        assert after.result(5) == killed.result(5)
    assert len(things.held) == 1


def test_what_was_left_is_brought_to_new_inputs() -> None:
    made, things = Creations(), Things()
    first = create(made, things, "killed", size=1)

    second = create(made, things, "next", size=2)

    assert (second.id, second.outputs["size"]) == (first.id, 2)


def test_what_was_left_and_cannot_be_changed_is_replaced() -> None:
    made, things = Creations(), Things()
    create(made, things, "killed", kind="a")

    create(made, things, "next", kind="b")

    assert [thing["kind"] for thing in things.held.values()] == ["b"]


def test_what_was_left_and_deleted_since_is_created_again() -> None:
    made, things = Creations(), Things()
    first = create(made, things, "killed", size=1)
    del things.held[first.id]

    create(made, things, "next", size=1)

    assert len(things.held) == 1


def test_a_replacement_of_what_the_engine_knows_is_made() -> None:
    made, things = Creations(), Things()
    create(made, things, "first", size=1)
    made.settle(URN)

    create(made, things, "second", size=2)

    assert len(things.held) == 2


def test_a_replacement_in_the_same_run_is_made() -> None:
    made, things = Creations(), Things()
    create(made, things, "run", size=1)

    create(made, things, "run", size=1)

    assert len(things.held) == 2


def test_a_run_that_ended_in_good_order_has_left_nothing() -> None:
    made, things = Creations(), Things()
    create(made, things, "first", size=1)
    made.end("first", {STACK}, nobody_is_dead)

    create(made, things, "second", size=1)

    assert len(things.held) == 2


def test_a_creation_that_failed_is_tried_again() -> None:
    made, things = Creations(), Things()
    with pytest.raises(ResourceError):
        create(made, things, "killed", broken=True)

    create(made, things, "next")

    assert len(things.held) == 1


@pytest.mark.parametrize(
    ("stacks", "dead", "left"),
    [({STACK}, "killed", 0), ({"other::p"}, "killed", 1), ({STACK}, "another", 1)],
    ids=["dead", "of another stack", "alive"],
)
def test_what_a_dead_run_left_and_nobody_asks_for_goes_with_the_next_run_of_its_stack(
    stacks: set[str], dead: str, left: int
) -> None:
    made, things = Creations(), Things()
    create(made, things, "killed", size=1)

    made.end("next", stacks, lambda run: run == dead)

    assert len(things.held) == left
