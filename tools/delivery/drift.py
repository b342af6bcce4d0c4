"""`make drift STACK=dev`: compares AWS with the state, and changes neither."""

from __future__ import annotations

import argparse
import sys

from tools.delivery.errors import step
from tools.delivery.stack import opened


def main(arguments: list[str]) -> int:
    """0 when AWS is as the state says; 1 when it is not, and pulumi has said where."""
    parser = argparse.ArgumentParser(prog="drift", description=__doc__)
    parser.add_argument("stack")
    given = parser.parse_args(arguments)

    def body() -> str:
        opened(given.stack).run("refresh", "--preview-only", "--expect-no-changes", "--diff")
        return f"{given.stack} is as its state says"

    return step("drift", body)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
