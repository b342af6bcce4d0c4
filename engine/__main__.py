"""`python -m engine path` prints where the Pulumi CLI is, `python -m engine env` how to call it.

`env` prints `export` lines for a shell: eval "$(make -s engine)". Progress goes to stderr. Exit
codes: 0 found, 1 not to be had with the reason in one sentence, 130 Ctrl-C, 143 SIGTERM.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys

from engine.cli import find
from engine.errors import EngineError
from engine.folders import state
from engine.interrupts import unwind_once


def _say(line: str) -> None:
    sys.stderr.write(f"engine: {line}\n")
    sys.stderr.flush()


def main() -> int:
    """Print what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m engine", description=__doc__)
    parser.add_argument("what", choices=("path", "env"))
    asked = parser.parse_args()
    unwind_once()
    try:
        cli = find(_say)
        if asked.what == "path":
            sys.stdout.write(f"{cli.path}\n")
            return 0
        (state(os.environ) / "stacks").mkdir(parents=True, exist_ok=True)
    except (EngineError, OSError) as error:
        sys.stderr.write(f"engine: {str(error).rstrip('.')}.\n")
        return 1
    for name, value in cli.environment(os.environ).items():
        sys.stdout.write(f"export {name}={shlex.quote(value)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
