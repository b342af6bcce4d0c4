"""`make cost`: what dev and prod cost, offline; exit status 1 where something has no price."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping

from local.errors import LocalRunError
from tools.cost import prices, units
from tools.cost.estimate import Estimate, estimate
from tools.cost.report import FORMATS
from tools.policy import recording

STACKS = ("dev", "prod")
_REGION = "aws:region"


def main() -> int:
    """Exit status 0 when everything has a price, 1 when not, 2 when it could not be found out."""
    parser = argparse.ArgumentParser(prog="python -m tools.cost", description=__doc__)
    parser.add_argument("--stack", action="append", help="one of several; dev and prod by default")
    parser.add_argument("--format", choices=FORMATS, default="table")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="price a changed setting"
    )
    parser.add_argument("--count", action="store_true", help="first count what an order uses again")
    options = parser.parse_args()
    changed = dict(setting.partition("=")[::2] for setting in options.set)
    try:
        if options.count:
            _count()
        found = [priced(stack, changed) for stack in options.stack or STACKS]
    except (prices.PriceError, recording.RecordingError, LocalRunError) as error:
        sys.stderr.write(f"cost: {error}\n")
        return 1 if isinstance(error, prices.PriceError) else 2
    sys.stdout.write(FORMATS[options.format](found) + "\n")
    return 0


def _count() -> None:
    """Only here is the local run imported: prices need none."""
    from tools.cost import counting

    units.save(counting.count(_say))


def _say(line: str) -> None:
    sys.stderr.write(f"cost: {line}\n")


def priced(stack: str, changed: Mapping[str, str] | None = None) -> Estimate:
    """One stack, recorded and priced; `changed` are settings other than its file's."""
    registrations = recording.record(stack, changed)
    region = {**recording.configuration(stack), **(changed or {})}[_REGION]
    return estimate(stack, region, registrations, prices.load(), units.load())


if __name__ == "__main__":
    sys.exit(main())
