"""The processes that run are the tasks that are wanted, whatever happens to either."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from local import agent as module
from local.agent import Agent
from local.errors import LocalRunError
from tests.local.customers import eventually
from tests.support.containers import TASK, FakeEcs, revision

_SECONDS = 5


@pytest.fixture
def ecs() -> FakeEcs:
    """An ECS that wants one task."""
    return FakeEcs(tasks=[TASK])


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch, ecs: FakeEcs) -> Iterator[Agent]:
    """An agent of that ECS which loses no time."""
    monkeypatch.setattr(module, "_WATCH_SECONDS", 0.001)
    monkeypatch.setattr(module, "_FOLLOW_SECONDS", 0.0)
    monkeypatch.setattr(module, "_PAUSE_MAX_SECONDS", 0.0)
    kept = Agent(ecs, ecs, ecs.launch, ecs.said.append)
    yield kept
    kept.stop()


def _until(ecs: FakeEcs, *definitions: str) -> None:
    eventually(lambda: ecs.running() == list(definitions), f"runs: {definitions}", _SECONDS)


def _until_led(ecs: FakeEcs, *urls: str) -> None:
    wanted = f"lead to {list(urls)}"
    eventually(lambda: ecs.calls and wanted in ecs.calls[-1:], wanted, _SECONDS)


def test_what_is_wanted_runs_and_is_led_to(ecs: FakeEcs, agent: Agent) -> None:
    agent.bring_up()

    assert ecs.calls == ["start stock:1 at a", "lead to ['a']"]
    assert [process.task for process in agent.processes] == [TASK]
    assert ecs.said == []


def test_a_start_with_a_container_that_does_not_start_is_no_start(
    ecs: FakeEcs, agent: Agent
) -> None:
    ecs.broken = {"stock:1"}

    with pytest.raises(LocalRunError, match="ended with code 1"):
        agent.bring_up()


def test_a_new_service_starts(ecs: FakeEcs, agent: Agent) -> None:
    ecs.tasks = []
    agent.follow()
    other = replace(TASK, service_arn="arn:service/shop/mail", service="mail")

    ecs.tasks = [other]

    _until(ecs, "stock:1")
    eventually(lambda: "mail runs" in ecs.said, "it says so", _SECONDS)
    assert ecs.said == ["mail starts: task definition stock:1", "mail runs"]


def test_a_deleted_service_stops_and_nobody_is_led_to_it(ecs: FakeEcs, agent: Agent) -> None:
    agent.bring_up()
    agent.follow()

    ecs.tasks = []
    _until(ecs)
    eventually(lambda: not agent.processes, "it is forgotten", _SECONDS)

    assert ecs.calls[-2:] == ["lead to []", "stop stock:1 at a"]
    assert ecs.said == ["stock stops: no task of the service is wanted"]


def test_more_and_fewer_tasks_are_started_and_stopped(ecs: FakeEcs, agent: Agent) -> None:
    agent.bring_up()
    agent.follow()

    ecs.tasks = [TASK] * 3
    _until(ecs, "stock:1", "stock:1", "stock:1")
    _until_led(ecs, "a", "b", "c")
    ecs.tasks = [TASK]
    _until(ecs, "stock:1")

    assert ecs.launched[0].alive
    assert ecs.said[-1] == "stock stops: of its tasks 1 are wanted"


def test_a_process_at_work_is_one_too_many_until_it_is_done(ecs: FakeEcs, agent: Agent) -> None:
    ecs.tasks = [TASK, TASK]
    agent.bring_up()
    for process in ecs.launched:
        process.protected = True
    agent.follow()

    ecs.tasks = [TASK]
    eventually(lambda: ecs.times_led > 3, "the wishes are read again", _SECONDS)
    assert ecs.running() == ["stock:1", "stock:1"]
    for process in ecs.launched:
        process.protected = False
    _until(ecs, "stock:1")


def test_fewer_tasks_end_what_does_not_run_first(
    monkeypatch: pytest.MonkeyPatch, ecs: FakeEcs, agent: Agent
) -> None:
    monkeypatch.setattr(module, "_PAUSE_MAX_SECONDS", 30.0)
    ecs.tasks = [TASK, TASK]
    agent.bring_up()
    ecs.launched[0].restarts = 5
    agent.follow()

    ecs.launched[0].alive = False
    eventually(lambda: bool(ecs.said), "it pauses", _SECONDS)
    ecs.tasks = [TASK]
    eventually(lambda: len(agent.processes) == 1, "one is kept", _SECONDS)

    assert agent.processes == [ecs.launched[1]]
    assert ecs.launched[1].alive


def test_a_way_that_is_made_later_leads_to_what_runs_already(ecs: FakeEcs, agent: Agent) -> None:
    agent.bring_up()
    agent.follow()

    eventually(lambda: ecs.times_led > 3, "the ways are looked at again", _SECONDS)

    assert ecs.calls == ["start stock:1 at a", "lead to ['a']"]


def test_a_new_definition_serves_before_the_old_one_stops(ecs: FakeEcs, agent: Agent) -> None:
    agent.bring_up()
    agent.follow()

    ecs.tasks = [revision(2)]
    _until(ecs, "stock:2")

    order = ["start stock:2 at b", "lead to ['b']", "stop stock:1 at a"]
    assert [call for call in ecs.calls[2:] if call in order] == order


def test_a_definition_that_does_not_start_replaces_nothing(ecs: FakeEcs, agent: Agent) -> None:
    agent.bring_up()
    agent.follow()
    ecs.broken = {"stock:2"}

    ecs.tasks = [revision(2)]
    eventually(lambda: len(ecs.launched) == 2 and ecs.launched[1].restarts > 2, "tried", _SECONDS)
    during = ecs.running()
    ecs.tasks = [revision(3)]
    _until(ecs, "stock:3")

    assert during == ["stock:1"]
    assert "stock does not start: ended with code 1\nstock starts again in 0 s" in ecs.said


@pytest.mark.parametrize("following", [True, False])
def test_a_container_that_ended_is_reported_and_started_again(
    ecs: FakeEcs, agent: Agent, following: bool
) -> None:
    agent.bring_up()
    (agent.follow if following else agent.supervise)()

    ecs.launched[0].alive = False
    _until(ecs, "stock:1")
    eventually(lambda: len(ecs.said) == 2, "it says so", _SECONDS)

    assert len(ecs.launched) == 1
    assert ecs.launched[0].restarts == 1
    assert ecs.said == [
        "stock ended with code 3: out of paper\nstock starts again in 0 s",
        "stock runs again (restart 1)",
    ]


def test_the_pause_before_a_restart_doubles(
    monkeypatch: pytest.MonkeyPatch, ecs: FakeEcs, agent: Agent
) -> None:
    monkeypatch.setattr(module, "_PAUSE_MAX_SECONDS", 3.0)
    agent.bring_up()
    ecs.launched[0].restarts = 1
    agent.supervise()

    ecs.launched[0].alive = False
    eventually(lambda: bool(ecs.said), "it says so", _SECONDS)

    assert ecs.said[0].endswith("stock starts again in 2 s")
    assert not ecs.launched[0].alive


def test_whoever_only_supervises_does_not_ask_what_is_wanted(ecs: FakeEcs, agent: Agent) -> None:
    agent.bring_up()
    ecs.tasks = []
    agent.supervise()

    ecs.launched[0].alive = False
    eventually(lambda: ecs.launched[0].restarts == 1, "it starts again", _SECONDS)

    _until(ecs, "stock:1")


def test_an_ecs_that_does_not_answer_is_told_once_and_stops_nothing(
    ecs: FakeEcs, agent: Agent
) -> None:
    agent.bring_up()
    ecs.failure = OSError("nobody answers")
    agent.follow()
    ecs.launched[0].alive = False
    _until(ecs, "stock:1")

    ecs.failure = None
    ecs.tasks = [TASK, TASK]
    _until(ecs, "stock:1", "stock:1")

    assert ecs.said.count("nobody answers") == 1


def test_nothing_starts_after_the_stop(ecs: FakeEcs, agent: Agent) -> None:
    agent.bring_up()
    agent.follow()
    agent.stop()

    ecs.launched[0].alive = False
    ecs.tasks = [TASK, TASK]

    with pytest.raises(AssertionError, match="not within"):
        eventually(lambda: len(ecs.calls) > 2, "something happens", seconds=0.1)
