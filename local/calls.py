"""The embedded AWS, writing down which role asked it for what: `python -I local/calls.py <file>`.

It evaluates IAM for every call, so its own decisions are the record: the items of a transaction one
by one, as AWS would. One JSON line for each role, action, resource and decision that is new.
A script and not a module, so that the embedded AWS loads nothing else of this package.
"""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path
from typing import Any, TextIO

from ministack.core import iam_evaluator


class Ledger:
    """Lines in a file, each once."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._seen: set[tuple[str, str, str, bool]] = set()

    def write(self, role: str, action: str, resource: str, allowed: bool) -> None:
        """Note a decision."""
        entry = role, action, resource, allowed
        if entry not in self._seen:
            self._seen.add(entry)
            names = ("role", "action", "resource", "allowed")
            self._file.write(json.dumps(dict(zip(names, entry, strict=True))) + "\n")


def record(ledger: Ledger) -> None:
    """Have every decision about a role noted from now on."""
    decide = iam_evaluator.enforce

    def enforce(access_key: str, action: str, *rest: Any, **named: Any) -> Any:
        denied = decide(access_key, action, *rest, **named)
        identity = iam_evaluator.resolve_caller_identity(access_key) or {}
        _, assumed, session = str(identity.get("userArn", "")).partition(":assumed-role/")
        if assumed:
            resource = str(named.get("resource_arn", "*"))
            ledger.write(session.partition("/")[0], action, resource, denied is None)
        return denied

    iam_evaluator.enforce = enforce


def main() -> None:
    """Become the embedded AWS."""
    file = Path(sys.argv.pop(1)).open("a", encoding="utf-8", buffering=1)  # noqa: SIM115 - to its end
    record(Ledger(file))
    runpy.run_path(str(Path(__file__).with_name("embedded.py")), run_name="__main__")


if __name__ == "__main__":
    main()
