"""Which interpreter runs a project's program or policy pack, and with which environment."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from pulumi.runtime.proto import language_pb2

_ROOT = Path(__file__).resolve().parent.parent


class InterpreterError(Exception):
    """The interpreter that a project asks for is not there."""


def interpreter(info: language_pb2.ProgramInfo) -> str:
    """The Python of the project's `virtualenv` option, relative to its root, or else this one.

    Raises InterpreterError when that environment does not exist.
    """
    option = dict(info.options).get("virtualenv")
    if not option:
        return sys.executable
    environment = Path(info.root_directory, str(option))
    python = environment / "bin" / "python"
    if not os.access(python, os.X_OK):
        raise InterpreterError(
            f"virtualenv {str(option)!r} of the project in {info.root_directory} is not there "
            f"({python} cannot be executed): make it, or leave the option out to run on "
            f"{sys.executable}"
        )
    return str(python)


def without_this_repository(environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` as the engine had it: the plugin's script put this repository on PYTHONPATH.

    A program must not find a module that it would not find under Pulumi's own language host.
    """
    given = dict(environment)
    first, _, others = given.pop("PYTHONPATH", "").partition(os.pathsep)
    kept = others if first == str(_ROOT) else os.pathsep.join(filter(None, (first, others)))
    return {**given, "PYTHONPATH": kept} if kept else given
