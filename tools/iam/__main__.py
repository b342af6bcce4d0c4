"""`make iam`: which grants the local shop uses, which it lacks; exit status 1 when they differ."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from local.emulators import Watch
from local.errors import LocalRunError
from local.shop import Shop
from tools.iam import behalf, journey, proof
from tools.iam.grants import Registered
from tools.iam.report import FORMATS
from tools.policy import recording

RUNNING = "local"
OTHERS = ("dev", "prod")


class RefusedError(LocalRunError):
    """The journey ended where a role lacks a grant."""


def main() -> int:
    """Exit status 0 when grants and needs agree, 1 when not, 2 when it could not be found out."""
    parser = argparse.ArgumentParser(prog="python -m tools.iam", description=__doc__)
    parser.add_argument("--format", choices=FORMATS, default="table")
    options = parser.parse_args()
    try:
        found = proven()
    except (LocalRunError, recording.RecordingError, proof.ExplanationError, OSError) as error:
        sys.stderr.write(f"iam: {error}\n")
        return 1 if isinstance(error, RefusedError) else 2
    sys.stdout.write(FORMATS[options.format](found) + "\n")
    return int(found.failed)


def proven() -> proof.Proof:
    """Run a shop, walk all its paths, and compare; raises LocalRunError."""
    with tempfile.TemporaryDirectory(prefix="storefront-iam-") as directory:
        calls = Path(directory) / "calls.jsonl"
        with ThreadPoolExecutor(1) as pool:
            recorded = pool.submit(lambda: {name: recording.record(name) for name in OTHERS})
            with Shop.start(watch=Watch.calls(calls)) as shop:
                _say(f"the shop is open after {shop.seconds:.1f} s")
                _travel(shop, calls)
                registered = shop.deployment.registrations
            stacks: dict[str, Sequence[Registered]] = {RUNNING: registered, **recorded.result()}
        return proof.prove(
            stacks, RUNNING, proof.read_calls(calls), behalf.load(), proof.read_explanations()
        )


def _travel(shop: Shop, calls: Path) -> None:
    """Walk all paths; raises RefusedError with role and action where IAM ends the walk."""
    try:
        journey.travel(shop, _say)
    except LocalRunError as error:
        refused = [call for call in proof.read_calls(calls) if not call.allowed]
        if not refused:
            raise
        named = [
            f"{call.role} calls {call.action} on {call.resource}, refused: give the component "
            "the grant"
            for call in refused
        ]
        raise RefusedError("\n".join([str(error), *named])) from error


_BEGAN = time.monotonic()


def _say(line: str) -> None:
    sys.stderr.write(f"iam: {time.monotonic() - _BEGAN:5.1f} s  {line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
