"""`make env-diff`: what differs between dev and prod, why, and what it costs, offline."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from tools.cost.prices import PriceError
from tools.env_diff import reasons
from tools.env_diff.effects import measure
from tools.env_diff.exchange import DEV, PROD, Stacks
from tools.env_diff.explained import Comparison, compare, exchanges
from tools.env_diff.report import as_json, as_lines
from tools.policy import recording


def main() -> int:
    """Exit status 0 when every difference has its reason, 1 when not, 2 when nobody could tell."""
    parser = argparse.ArgumentParser(prog="python -m tools.env_diff", description=__doc__)
    parser.add_argument("--json", action="store_true", help="every resource with its properties")
    options = parser.parse_args()
    try:
        stacks = {name: recording.configuration(name) for name in (DEV, PROD)}
        given = reasons.load()
        if missing := list(reasons.unreasoned(stacks, given)):
            return _failed(missing)
        found = compared(stacks, given)
    except (reasons.ReasonError, PriceError, recording.RecordingError, ValueError) as error:
        _say(str(error))
        return 2
    sys.stdout.write((as_json if options.json else as_lines)(found) + "\n")
    return _failed(found.problems) if found.problems else 0


def compared(stacks: Stacks, given: list[reasons.Reason]) -> Comparison:
    """Record what there is to record, and attribute what differs."""
    planned = exchanges(given, stacks)
    return compare(stacks, planned, measure(stacks, [each for _, each in planned], _say))


def _failed(problems: Sequence[str]) -> int:
    for problem in problems:
        _say(problem)
    return 1


def _say(line: str) -> None:
    sys.stderr.write(f"env-diff: {line}\n")


if __name__ == "__main__":
    sys.exit(main())
