"""Starts the pack: `python -u -m pulumi.policy <engine address> <this folder>`."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main() -> None:
    """Serve the rules at the levels of the stack that the engine names in the environment."""
    sys.path.append(str(Path(__file__).resolve().parent.parent))
    from policy import pack

    pack.serve(os.environ.get("PULUMI_STACK", ""))


if __name__ == "__main__":
    main()
