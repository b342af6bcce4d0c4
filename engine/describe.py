"""Prints, as JSON, what the interpreter that runs this file is and which packages it has.

The language host starts it by its path, with the interpreter of the program in question.
"""

from __future__ import annotations

import json
import re
import sys
from importlib import metadata


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def describe() -> dict[str, object]:
    """`executable`, `version`, and `packages`: name, version, whether no other one requires it."""
    found = {item.metadata["Name"]: item for item in metadata.distributions()}
    required = {
        _normal(match[0])
        for item in found.values()
        for requirement in item.requires or ()
        if (match := re.match(r"[A-Za-z0-9._-]+", requirement)) and "extra ==" not in requirement
    }
    return {
        "executable": sys.executable,
        "version": sys.version.split()[0],
        "packages": [
            (name, found[name].version, _normal(name) not in required)
            for name in sorted(found, key=str.lower)
        ],
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(describe()))
