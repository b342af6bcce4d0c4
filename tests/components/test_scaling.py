"""The registered policies under load: no message waits for longer than its alarm allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from tools.policy import recording
from tools.policy.recording import Registration
from tools.scaling import rates
from tools.scaling.__main__ import DOCUMENTS, PAGE, STACKS, documents
from tools.scaling.registered import Consumer, UnreadableError, consumers
from tools.scaling.simulation import Run, full_rate, simulate
from tools.scaling.traces import TRACES

pytestmark = pytest.mark.xdist_group("scaling")

CPU_MS = rates.measured().cpu_ms_per_message
NAMES = [trace.name for trace in TRACES]
TRACE = {trace.name: trace for trace in TRACES}


@pytest.fixture(scope="module")
def registered() -> Mapping[str, list[Registration]]:
    """What each stack registers."""
    return {stack: recording.record(stack) for stack in STACKS}


@pytest.fixture(scope="module")
def workers(registered: Mapping[str, list[Registration]]) -> Mapping[str, Consumer]:
    """The one consumer of each stack that scales by its queue."""
    found = {stack: consumers(stack, entries) for stack, entries in registered.items()}
    assert {stack: len(each) for stack, each in found.items()} == dict.fromkeys(STACKS, 1)
    return {stack: each[0] for stack, each in found.items()}


@pytest.fixture(scope="module")
def runs(workers: Mapping[str, Consumer]) -> Mapping[tuple[str, str], Run]:
    """Every trace on every stack."""
    return {
        (stack, trace.name): simulate(worker, trace, CPU_MS)
        for stack, worker in workers.items()
        for trace in TRACES
    }


def wrong(worker: Consumer, metric: str, target: float) -> Consumer:
    """The same with another target."""
    return replace(
        worker,
        policies=tuple(
            replace(policy, target=target) if policy.metric == metric else policy
            for policy in worker.policies
        ),
    )


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("trace", NAMES)
def test_the_oldest_message_stays_under_the_threshold_of_its_alarm(
    runs: Mapping[tuple[str, str], Run], stack: str, trace: str
) -> None:
    run = runs[stack, trace]

    assert run.oldest_seconds <= run.consumer.objective_seconds
    assert run.consumer.least <= run.tasks_max <= run.consumer.most


@pytest.mark.parametrize(
    ("stack", "metric", "target", "trace"),
    [
        ("prod", "cpu", 90, "step"),
        ("prod", "cpu", 90, "spike"),
        ("prod", "backlog", 20_000, "slow"),
        ("dev", "backlog", 20_000, "slow"),
    ],
)
def test_a_wrong_target_lets_messages_wait_too_long(
    workers: Mapping[str, Consumer], stack: str, metric: str, target: float, trace: str
) -> None:
    worker = workers[stack]
    full = full_rate(worker, CPU_MS)
    run = simulate(wrong(worker, metric, target), TRACE[trace], CPU_MS, full)

    assert run.oldest_seconds > worker.objective_seconds
    assert not run.met


@pytest.mark.parametrize("stack", STACKS)
def test_too_few_tasks_at_the_most_let_messages_wait_too_long(
    workers: Mapping[str, Consumer], stack: str
) -> None:
    worker = workers[stack]
    full = full_rate(worker, CPU_MS)

    assert not simulate(replace(worker, most=worker.most // 4), TRACE["step"], CPU_MS, full).met


@pytest.mark.parametrize("stack", STACKS)
def test_a_visibility_timeout_as_long_as_the_objective_keeps_what_was_lost_too_long(
    workers: Mapping[str, Consumer], stack: str
) -> None:
    worker = workers[stack]
    late = replace(worker, visibility_seconds=int(worker.objective_seconds) + 2)

    assert not simulate(late, TRACE["lost"], CPU_MS).met


@pytest.mark.parametrize("stack", STACKS)
def test_what_always_fails_ends_as_dead_letters(
    runs: Mapping[tuple[str, str], Run], stack: str
) -> None:
    sent = 0.01 * 0.22 * full_rate(runs[stack, "poison"].consumer, CPU_MS) * 600

    assert runs[stack, "poison"].dead_letters == pytest.approx(sent, rel=0.1)
    assert {run.dead_letters for (_, name), run in runs.items() if name != "poison"} == {0}


@pytest.mark.parametrize("stack", STACKS)
def test_tasks_go_again_when_the_load_is_gone(
    runs: Mapping[tuple[str, str], Run], stack: str
) -> None:
    run = runs[stack, "drain"]

    assert run.samples[-1].tasks == run.consumer.least < run.tasks_max


def test_the_same_seed_gives_the_same_pictures_and_those_are_committed(
    runs: Mapping[tuple[str, str], Run],
) -> None:
    expected = documents(list(runs.values()))
    stale = [name for name, text in expected.items() if (DOCUMENTS / name).read_text() != text]

    assert not stale, "run make simulate-scaling, and commit docs"
    assert {path.name for path in (DOCUMENTS / "scaling").iterdir()} == {
        name.removeprefix("scaling/") for name in expected if name != PAGE
    }


def test_the_page_shows_every_picture() -> None:
    page = (DOCUMENTS / PAGE).read_text("utf-8")

    assert all(f"(scaling/{stack}-{trace}.svg)" in page for stack in STACKS for trace in NAMES)


@pytest.mark.parametrize("stack", STACKS)
def test_the_configured_rate_is_what_was_measured(
    workers: Mapping[str, Consumer], registered: Mapping[str, list[Registration]], stack: str
) -> None:
    worker = workers[stack]
    measured = rates.rate(worker.cpu_units, CPU_MS)
    waits = worker.target("backlog") / measured

    assert waits == pytest.approx(5, rel=0.25), "set inventory:worker_rate_per_second as measured"


@pytest.mark.parametrize(
    ("type", "change", "message"),
    [
        ("aws:appautoscaling/policy:Policy", {"policyType": "StepScaling"}, "is StepScaling"),
        ("aws:cloudwatch/metricAlarm:MetricAlarm", {"metricName": "Other"}, "has 0 alarms"),
        ("aws:sqs/queue:Queue", {"name": "other"}, "resources of aws:sqs/queue:Queue"),
    ],
)
def test_what_the_simulation_does_not_know_is_an_error(
    registered: Mapping[str, list[Registration]], type: str, change: dict[str, str], message: str
) -> None:
    changed = [
        replace(entry, inputs={**entry.inputs, **change}) if entry.type == type else entry
        for entry in registered["prod"]
    ]

    with pytest.raises(UnreadableError, match=message):
        consumers("prod", changed)
