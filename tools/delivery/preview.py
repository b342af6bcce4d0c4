"""`make preview STACK=prod PLAN=plan.json`: what `up` would do to the real stack, judged and kept.

With APPROVED=other.json it must be what that plan says: a difference stops the delivery.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tools.delivery import plan
from tools.delivery.errors import DeliveryError, step
from tools.delivery.stack import POLICY, Stack, configured, opened


def preview(stack: Stack, image: Path | None) -> list[plan.Change]:
    """The changes; raises DeliveryError where the policy pack or the program refuses."""
    told = stack.run(
        *("preview", "--json", "--policy-pack", str(POLICY), *configured(image)), quiet=True
    )
    return plan.changes(told)


def main(arguments: list[str]) -> int:
    """0 when the plan is written, and is the approved one; 1 with what differs."""
    parser = argparse.ArgumentParser(prog="preview", description=__doc__)
    parser.add_argument("stack")
    parser.add_argument("--plan", type=Path, required=True)
    parser.add_argument("--approved", type=Path)
    parser.add_argument("--image", type=Path)
    parser.add_argument("--packages", type=Path)
    given = parser.parse_args(arguments)

    def body() -> str:
        found = preview(opened(given.stack, given.packages), given.image)
        given.plan.parent.mkdir(parents=True, exist_ok=True)
        given.plan.write_text(plan.written(found))
        if given.approved:
            _compare(given.approved, found)
        return f"{given.stack}: {len(found)} changes, in {given.plan}"

    return step("preview", body)


def _compare(approved: Path, found: list[plan.Change]) -> None:
    if not approved.is_file():
        raise DeliveryError(f"APPROVED={approved} does not exist; nothing was approved")
    kept = plan.read(approved.read_text("utf-8"), str(approved))
    differing = list(plan.differences(kept, found))
    if differing:
        raise DeliveryError(
            "the stack would change otherwise than was approved; start the pipeline again:\n  "
            + "\n  ".join(differing)
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
