"""The policy pack: until it answers, over prod, and over a stack of 5,000 resources."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import psutil

from tools.bench.figures import Figure
from tools.policy import analysis, process, recording
from tools.policy.recording import Registration

_MANY = 5_000
_FEW = 1_000
_MEGABYTE = 1_000_000


def measure() -> Iterator[Figure]:
    """Seconds with the pack as a process over gRPC, and how much it grows from 1,000 to 5,000."""
    yield Figure(
        name="policy pack ready, best of 3",
        value=min(_ready() for _ in range(3)),
        unit="s",
        limit=0.5,
    )
    prod = recording.record("prod")
    with process.running("prod") as pack:
        seconds = min(_judging(pack, prod) for _ in range(3))
    yield Figure(name="all rules over prod, best of 3", value=seconds, unit="s", limit=2)
    many = _copies(prod, _MANY)
    with process.running("prod") as pack:
        served = psutil.Process().children()[-1]
        _judging(pack, many[:_FEW])
        before = served.memory_info().rss
        seconds = _judging(pack, many)
        grown = (served.memory_info().rss - before) / _MEGABYTE
    yield Figure(name=f"all rules over {_MANY:,} resources", value=seconds, unit="s", limit=60)
    yield Figure(
        name=f"growth from {_FEW:,} to {_MANY:,} resources", value=grown, unit="MB", limit=50
    )


def _ready() -> float:
    started = time.perf_counter()
    with process.running("prod") as pack:
        analysis.described(pack)
        return time.perf_counter() - started


def _judging(pack: Any, registrations: Sequence[Registration]) -> float:
    started = time.perf_counter()
    analysis.judge(pack, registrations)
    return time.perf_counter() - started


def _copies(registrations: Sequence[Registration], count: int) -> list[Registration]:
    """Whole stacks side by side, so that relations stay within each."""
    found = []
    for number in range(-(-count // len(registrations))):
        urns = {one.urn: f"{one.urn}-{number}" for one in registrations}
        found += [
            replace(
                one,
                urn=urns[one.urn],
                depends_on={
                    name: [urns.get(urn, urn) for urn in sources]
                    for name, sources in one.depends_on.items()
                },
            )
            for one in registrations
        ]
    return found[:count]
