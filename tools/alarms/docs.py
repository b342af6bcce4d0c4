"""`python -m tools.alarms.docs`: the tables of docs/alarms.md, to be pasted there."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence

from tools.alarms.faults import FAULTS
from tools.alarms.faults.fault import Fault
from tools.alarms.proof import reasons


def tables(faults: Sequence[Fault], unprovable: Mapping[str, str]) -> str:
    """What each fault breaks and proves, and what none can prove, as Markdown."""
    return "\n".join([*_faults(faults), "", *_unprovable(unprovable)])


def _faults(faults: Sequence[Fault]) -> Iterator[str]:
    yield "| Fault | What is broken | Alarms that must fire |"
    yield "|---|---|---|"
    for fault in faults:
        alarms = ", ".join(f"`{pattern}`" for pattern in fault.proves)
        yield f"| {fault.name} | {fault.what} | {alarms} |"


def _unprovable(unprovable: Mapping[str, str]) -> Iterator[str]:
    yield "| Not provable here | Why |"
    yield "|---|---|"
    for pattern, reason in unprovable.items():
        yield f"| `{pattern}` | {reason} |"


if __name__ == "__main__":
    sys.stdout.write(tables(FAULTS, reasons()) + "\n")
