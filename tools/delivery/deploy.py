"""`make deploy STACK=dev`: `pulumi up` of the real stack with the policies, moving no traffic."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tools.delivery.errors import step
from tools.delivery.stack import POLICY, configured, opened


def main(arguments: list[str]) -> int:
    """0 when the stack is as the program says; run again, it goes on where it stopped."""
    parser = argparse.ArgumentParser(prog="deploy", description=__doc__)
    parser.add_argument("stack")
    parser.add_argument("--image", type=Path)
    parser.add_argument("--packages", type=Path)
    given = parser.parse_args(arguments)

    def body() -> str:
        opened(given.stack, given.packages).run(
            *("up", "--yes", "--skip-preview", "--policy-pack", str(POLICY)),
            *configured(given.image),
        )
        return f"{given.stack} is up; make release STACK={given.stack} moves the traffic"

    return step("deploy", body)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
