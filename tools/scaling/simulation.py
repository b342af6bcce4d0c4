"""A consumer under a load, second by second: arrivals, tasks, metrics, and scaling by them."""

from __future__ import annotations

import math
import random
from collections import deque
from dataclasses import dataclass

from components import backlog
from inventory.consumer import BATCH, POLLERS
from inventory.protection import HOLD_SECONDS, REST_SECONDS
from tools.scaling.prices import task_hour_dollars
from tools.scaling.queue import SimulatedQueue
from tools.scaling.rates import cpu_percent, rate
from tools.scaling.registered import Consumer
from tools.scaling.traces import MINUTE, Trace
from tools.scaling.tracking import Tracking

SEED = 7
METRIC_DELAY_SECONDS = 60
"""Between the end of a minute and the moment that an alarm sees its datapoint."""
START_SECONDS = 75
"""Between a task's launch and its first message: address, image, interpreter."""
_WORKING = HOLD_SECONDS / (HOLD_SECONDS + REST_SECONDS)
"""A worker whose load never pauses stands still for a moment, for ECS to have it."""
_JITTER = 0.2
_SAMPLES = 240


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One moment of a run."""

    second: int
    age_seconds: int
    tasks: int
    dollars: float
    """spent on tasks so far"""


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one trace did to one consumer."""

    consumer: Consumer
    trace: Trace
    oldest_seconds: int
    """the highest age of the oldest message"""
    tasks_max: int
    task_hours: float
    dollars: float
    dead_letters: int
    samples: tuple[Sample, ...]

    @property
    def met(self) -> bool:
        """Whether no message waited for longer than the objective."""
        return self.oldest_seconds <= self.consumer.objective_seconds


def full_rate(consumer: Consumer, cpu_ms: float) -> float:
    """Messages a second that the most tasks handle at the CPU target: a trace's share of 1."""
    each = rate(consumer.cpu_units, cpu_ms) * _WORKING
    return consumer.most * each * consumer.target("cpu") / 100


def simulate(consumer: Consumer, trace: Trace, cpu_ms: float, full: float | None = None) -> Run:
    """Run the trace, from a state that its first load has settled to.

    `full` is what a share of 1 stands for, by default `full_rate` of this consumer.
    """
    simulated = _Simulation(consumer, trace, cpu_ms, full or full_rate(consumer, cpu_ms))
    for second in range(trace.seconds):
        simulated.step(second)
    return simulated.result()


class _Simulation:
    def __init__(self, consumer: Consumer, trace: Trace, cpu_ms: float, full: float) -> None:
        self._consumer, self._trace, self._cpu_ms, self._full = consumer, trace, cpu_ms, full
        self._random = random.Random(f"{SEED} {trace.name}")  # noqa: S311 - a load, no secret
        self._each = rate(consumer.cpu_units, cpu_ms) * _WORKING
        self._queue = SimulatedQueue(consumer.max_receives)
        busy = cpu_percent(trace.share(0) * full, consumer.cpu_units, cpu_ms)
        settled = backlog.tasks_wanted(1, busy, consumer.target("cpu"))
        self._tasks = min(consumer.most, max(consumer.least, settled))
        self._tracking = Tracking(consumer, self._tasks)
        self._starting: list[tuple[int, int]] = []
        """(when, how many)"""
        self._leaving: list[tuple[int, int]] = []
        self._published: deque[tuple[int, dict[str, float]]] = deque()
        self._handled = self._carried = self._task_seconds = 0.0
        self._task_seconds_of_minute = 0
        self._oldest = 0
        self._most = self._tasks
        self._samples: list[Sample] = []
        self._hour = task_hour_dollars(consumer)

    def step(self, now: int) -> None:
        self._move_tasks(now)
        self._arrive(now)
        self._lose(now)
        self._handle(now)
        if (now + 1) % MINUTE == 0:
            self._publish(now + 1)
            self._scale(now + 1)
        self._observe(now)

    def result(self) -> Run:
        hours = self._task_seconds / 3600
        return Run(
            consumer=self._consumer,
            trace=self._trace,
            oldest_seconds=self._oldest,
            tasks_max=self._most,
            task_hours=hours,
            dollars=hours * self._hour,
            dead_letters=self._queue.dead_letters,
            samples=tuple(self._samples),
        )

    def _move_tasks(self, now: int) -> None:
        while self._starting and self._starting[0][0] <= now:
            self._tasks += self._starting.pop(0)[1]
        while self._leaving and self._leaving[0][0] <= now:
            self._tasks -= self._leaving.pop(0)[1]

    def _arrive(self, now: int) -> None:
        noise = 1 + _JITTER * (2 * self._random.random() - 1)
        arrived = int(self._trace.share(now) * self._full * noise + self._random.random())
        bad = int(arrived * self._trace.poison(now) + self._random.random())
        self._queue.send(now, arrived - bad, bad)

    def _lose(self, now: int) -> None:
        """ECS starts others at once; what the lost ones had in hand comes back by itself."""
        lost = math.ceil(self._tasks * self._trace.lost(now))
        if lost:
            self._tasks -= lost
            self._starting.append((now + START_SECONDS, lost))
            in_hand = lost * POLLERS * BATCH
            self._queue.lose(now, in_hand, self._consumer.visibility_seconds)

    def _handle(self, now: int) -> None:
        could = self._tasks * self._each * self._trace.pace(now) + self._carried
        handled = self._queue.receive(now, int(could))
        self._carried = could - int(could)
        self._handled += handled
        self._task_seconds_of_minute += self._tasks

    def _publish(self, now: int) -> None:
        """The metrics of the minute that ends, to be seen later."""
        tasks = self._task_seconds_of_minute / MINUTE
        per_task = self._handled / MINUTE / tasks if tasks else 0.0
        values = {
            "cpu": cpu_percent(per_task, self._consumer.cpu_units, self._cpu_ms),
            "backlog": backlog.per_task(self._queue.visible(now), tasks),
        }
        self._published.append((now + METRIC_DELAY_SECONDS, values))
        self._handled, self._task_seconds_of_minute = 0.0, 0

    def _scale(self, now: int) -> None:
        while self._published and self._published[0][0] <= now:
            before = self._tracking.desired
            change = self._tracking.decide(now, self._published.popleft()[1]) - before
            if change > 0:
                self._add(now, change)
            elif change < 0:
                self._leaving.append((now + HOLD_SECONDS, -change))

    def _add(self, now: int, wanted: int) -> None:
        """Keep tasks that were to go but are protected still, and start the rest."""
        while wanted and self._leaving:
            when, count = self._leaving.pop()
            kept = min(count, wanted)
            wanted -= kept
            if kept < count:
                self._leaving.append((when, count - kept))
        if wanted:
            self._starting.append((now + START_SECONDS, wanted))

    def _observe(self, now: int) -> None:
        billed = self._tasks + sum(count for _, count in self._starting)
        self._task_seconds += billed
        age = self._queue.oldest_age(now)
        self._oldest, self._most = max(self._oldest, age), max(self._most, billed)
        if now % max(1, self._trace.seconds // _SAMPLES) == 0:
            dollars = self._task_seconds / 3600 * self._hour
            self._samples.append(Sample(second=now, age_seconds=age, tasks=billed, dollars=dollars))
