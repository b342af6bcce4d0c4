"""`python -m engine.preview prod`: what `pulumi up` would do, without an account.

The real `pulumi preview` with the policy pack, on a temporary copy of the stack's configuration and
against an empty state, or the one in `--state`. Further arguments go to pulumi. Exit code:
pulumi's own; 1 when it cannot be started.
"""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from engine.cli import Cli, find
from engine.errors import EngineError
from engine.interrupts import unwind_once
from engine.project import ProjectError, copy_project, readable_state

ROOT = Path(__file__).resolve().parents[1]
_UNSET = ("STOREFRONT_CLOUD", "PULUMI_ACCESS_TOKEN", "PULUMI_STACK", "PULUMI_CONFIG")


def main() -> int:
    """Preview the stack that the arguments name."""
    parser = argparse.ArgumentParser(prog="python -m engine.preview", description=__doc__)
    parser.add_argument("stack", help="dev, prod or local")
    parser.add_argument("--state", type=Path, help="a file that pulumi stack export wrote")
    asked, further = parser.parse_known_args()
    unwind_once()
    try:
        with tempfile.TemporaryDirectory(prefix="storefront-preview-") as directory:
            return _preview(find(_say), asked.stack, asked.state, Path(directory), further)
    except (EngineError, ProjectError) as error:
        _say(f"{str(error).rstrip('.')}.")
        return 1


def _preview(
    cli: Cli, stack: str, state: Path | None, directory: Path, further: Sequence[str]
) -> int:
    copy_project(ROOT, stack, directory)
    environment = _environment(cli, directory)
    (directory / "state").mkdir()
    _prepare(cli, directory, environment, "stack", "init", stack)
    if state is not None:
        (directory / "given.json").write_text(readable_state(state, directory, stack))
        _prepare(cli, directory, environment, "stack", "import", "--file", "given.json")
    command = [str(cli.path), "preview", "--policy-pack", str(ROOT / "policy"), *further]
    return subprocess.run(  # noqa: S603 - the CLI that was found
        command, cwd=directory, env=environment, check=False
    ).returncode


def _environment(cli: Cli, directory: Path) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _UNSET and not name.startswith("AWS_")
    }
    own = {
        "PULUMI_BACKEND_URL": (directory / "state").as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": secrets.token_urlsafe(16),
    }
    return {**kept, **own, **cli.environment({**kept, **own})}


def _prepare(cli: Cli, directory: Path, environment: Mapping[str, str], *command: str) -> None:
    done = subprocess.run(  # noqa: S603 - as above
        [str(cli.path), *command, "--non-interactive"],
        cwd=directory,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise EngineError(f"pulumi {' '.join(command)} failed: {done.stderr.strip()}")


def _say(line: str) -> None:
    sys.stderr.write(f"preview: {line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
