"""Which stacks are judged by the levels of dev; one that nobody lists is judged as prod."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

FILE = Path(__file__).resolve().parent / "stacks.toml"
FILE_VARIABLE = "POLICY_STACKS"
_KEY = "as_dev"


class StacksError(ValueError):
    """The file of stacks does not say what it must."""


def load(path: Path | None = None) -> frozenset[str]:
    """The names in the file that the environment names, or the pack's own.

    Raises StacksError that names the file and what is wrong with it.
    """
    source = path or Path(os.environ.get(FILE_VARIABLE) or FILE)
    try:
        given = tomllib.loads(source.read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise StacksError(f"{source}: {error}") from error
    names = given.pop(_KEY, None)
    if given:
        raise StacksError(f"{source}: unknown {', '.join(sorted(given))}; remove it")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise StacksError(f"{source}: {_KEY} is {names!r}, must be a list of stacks' names")
    return frozenset(names)
