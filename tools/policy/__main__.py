"""`make policy`: the pack over recorded stacks, offline; exit status 1 when one may not go out."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tools.policy import analysis, configuration, process, recording
from tools.policy.report import FORMATS, Report, report

STACKS = ("dev", "prod", "tools")


def main() -> int:
    """Exit status 0 when no stack violates a mandatory rule, 1 when one does, 2 when unusable."""
    parser = argparse.ArgumentParser(prog="python -m tools.policy", description=__doc__)
    parser.add_argument("--stack", action="append", help="one of several; all by default")
    parser.add_argument("--format", choices=FORMATS, default="table")
    parser.add_argument("--config", type=Path, help="levels and settings, as the engine takes them")
    options = parser.parse_args()
    try:
        reports = [judged(stack, options.config) for stack in options.stack or STACKS]
    except (
        configuration.ConfigurationError,
        process.PackError,
        recording.RecordingError,
    ) as error:
        sys.stderr.write(f"policy: {error}\n")
        return 2
    sys.stdout.write(FORMATS[options.format](reports) + "\n")
    return int(any(found.failed for found in reports))


def judged(stack: str, config: Path | None = None) -> Report:
    """One stack, recorded and judged."""
    registrations = recording.record(stack)
    with process.running(stack) as pack:
        rules = analysis.described(pack)
        if config:
            sent = configuration.read(config, rules)
            pack.Configure(sent)
            rules = configuration.applied(rules, sent)
        return report(stack, rules, registrations, analysis.judge(pack, registrations))


if __name__ == "__main__":
    sys.exit(main())
