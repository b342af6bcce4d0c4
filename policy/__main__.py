"""Starts the pack: `python -u -m pulumi.policy <engine address> <this folder>`."""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> None:
    """Serve the rules; the engine says for which stack."""
    sys.path.append(str(Path(__file__).resolve().parent.parent))
    from policy import pack

    pack.serve()


if __name__ == "__main__":
    main()
