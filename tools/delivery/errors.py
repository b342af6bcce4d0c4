"""What stops a step, told in one sentence."""

from __future__ import annotations

import sys
from collections.abc import Callable


class DeliveryError(Exception):
    """A step cannot go on; the message says what was found, what must be, and the remedy."""


def step(name: str, body: Callable[[], str]) -> int:
    """Exit code of a step: what it says is printed, or the sentence that stopped it."""
    try:
        said = body()
    except DeliveryError as error:
        sys.stderr.write(f"{name}: {error}\n")
        return 1
    sys.stdout.write(f"{said}\n")
    return 0
