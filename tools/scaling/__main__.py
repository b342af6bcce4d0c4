"""`make simulate-scaling`: how workers follow their queue, by the policies that are registered."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.cost.prices import PriceError
from tools.policy import recording
from tools.scaling import pictures, rates
from tools.scaling.registered import Consumer, UnreadableError, consumers
from tools.scaling.simulation import Run, simulate
from tools.scaling.traces import TRACES

STACKS = ("dev", "prod")
DOCUMENTS = Path(__file__).resolve().parents[2] / "docs"
PAGE = "scaling.md"
_SHOWN = re.compile(r"(\$ make simulate-scaling\n).*?(```)", re.DOTALL)
_HEADINGS = (
    "trace",
    "stack",
    "oldest s",
    "objective s",
    "tasks",
    "task-hours",
    "$",
    "dead letters",
    "",
)
_WIDTHS = (-7, -5, 9, 12, 6, 11, 8, 13, -7)


def main() -> int:
    """Exit status 0 when every objective is met, 1 when one is missed, 2 when unusable."""
    parser = argparse.ArgumentParser(prog="python -m tools.scaling", description=__doc__)
    parser.add_argument("--stack", action="append", help="print this one alone, and write nothing")
    options = parser.parse_args()
    try:
        found = [each for stack in options.stack or STACKS for each in recorded(stack)]
        runs = [run for consumer in found for run in run_all(consumer)]
    except (recording.RecordingError, UnreadableError, PriceError) as error:
        sys.stderr.write(f"simulate-scaling: {error}\n")
        return 2
    if not options.stack:
        for name, text in documents(runs).items():
            (DOCUMENTS / name).write_text(text, "utf-8")
    sys.stdout.write(table(runs))
    return int(not all(run.met for run in runs))


def recorded(stack: str) -> list[Consumer]:
    """What scales by its queue in this stack; raises UnreadableError when nothing does."""
    found = consumers(stack, recording.record(stack))
    if not found:
        raise UnreadableError(f"stack {stack} registers no policy by backlog; nothing to simulate")
    return found


def run_all(consumer: Consumer) -> list[Run]:
    """One run of each trace."""
    cpu_ms = rates.measured().cpu_ms_per_message
    return [simulate(consumer, trace, cpu_ms) for trace in TRACES]


def documents(runs: Sequence[Run]) -> dict[str, str]:
    """By path below `docs`: a picture of each run, and the page with the table of all."""
    pages = {
        f"scaling/{run.consumer.stack}-{run.trace.name}.svg": pictures.draw(run) for run in runs
    }
    page = (DOCUMENTS / PAGE).read_text("utf-8")
    return {**pages, PAGE: _SHOWN.sub(rf"\g<1>{table(runs)}\g<2>", page)}


def table(runs: Sequence[Run]) -> str:
    """A line for each run under the headings."""
    lines = [_line(_HEADINGS), *(_line(_row(run)) for run in runs)]
    return "\n".join(lines) + "\n"


def _row(run: Run) -> tuple[str, ...]:
    return (
        run.trace.name,
        run.consumer.stack,
        str(run.oldest_seconds),
        f"{run.consumer.objective_seconds:g}",
        str(run.tasks_max),
        f"{run.task_hours:.1f}",
        f"{run.dollars:.3f}",
        str(run.dead_letters),
        "ok" if run.met else "MISSED",
    )


def _line(cells: Sequence[str]) -> str:
    padded = (
        cell.ljust(-width) if width < 0 else cell.rjust(width)
        for cell, width in zip(cells, _WIDTHS, strict=True)
    )
    return " ".join(padded).rstrip()


if __name__ == "__main__":
    sys.exit(main())
