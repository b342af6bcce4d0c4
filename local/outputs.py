"""The program's stack outputs: from a run in process, from the real CLI, or from a file."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.errors import LocalRunError

Outputs = Mapping[str, Any]
"""Values by name, secrets in the clear."""

STACK = "local"
STANDARD_INPUT = "-"
_ROOT = Path(__file__).resolve().parents[1]
_CLI_SECONDS = 120


def output(outputs: Outputs, name: str) -> str:
    """A stack output; raises LocalRunError when the program does not export it."""
    if name not in outputs:
        raise LocalRunError(f"the program does not export {name!r}; add it to __main__.py")
    return str(outputs[name])


def read_outputs(file: str | None, stack: str) -> Outputs:
    """What the JSON in `file` says (`-`: standard input), or else the CLI of the deployed `stack`.

    Raises LocalRunError.
    """
    if file is None:
        return _decoded(_from_cli(stack), f"pulumi stack output of {stack}")
    try:
        text = sys.stdin.read() if file == STANDARD_INPUT else Path(file).read_text("utf-8")
    except OSError as error:
        raise LocalRunError(f"outputs {file!r} cannot be read: {error.strerror}") from error
    return _decoded(text, f"outputs {file!r}")


def _from_cli(stack: str) -> str:
    program = shutil.which("pulumi")
    if program is None:
        raise LocalRunError(
            'there is no pulumi on PATH: paste eval "$(make -s engine)" first, or give the '
            "outputs as JSON with --outputs FILE"
        )
    asked = subprocess.run(  # noqa: S603 - the user's own CLI
        [program, "stack", "output", "--json", "--show-secrets", "--stack", stack],
        cwd=_ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_CLI_SECONDS,
        check=False,
    )
    if asked.returncode:
        raise LocalRunError(
            f"pulumi cannot tell the outputs of stack {stack}; has pulumi up run? "
            f"{asked.stderr.strip() or asked.stdout.strip()}"
        )
    return asked.stdout


def _decoded(text: str, source: str) -> Outputs:
    try:
        outputs = json.loads(text)
    except ValueError as error:
        raise LocalRunError(f"{source}: not JSON ({error})") from error
    if not isinstance(outputs, dict):
        raise LocalRunError(f"{source}: must be a JSON object of outputs by name")
    if not outputs:
        raise LocalRunError(f"{source}: there are none; run pulumi up first")
    return outputs
