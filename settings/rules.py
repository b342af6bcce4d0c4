"""Rules for single configuration values: what must hold, and how a message says it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

FARGATE_MB: Mapping[int, Sequence[int]] = {
    256: (512, 1024, 2048),
    512: range(1024, 4096 + 1, 1024),
    1024: range(2048, 8192 + 1, 1024),
    2048: range(4096, 16_384 + 1, 1024),
    4096: range(8192, 30_720 + 1, 1024),
}
"""The memory sizes that Fargate sells with each number of CPU units."""

Contradiction = tuple[Callable[..., Iterator[str]], tuple[str, ...]]
"""A rule across values, and the namespaces it needs to be read without a problem."""


@dataclass(frozen=True)
class Rule:
    """What a value must satisfy, and how the rule reads in a message."""

    holds: Callable[[Any], bool]
    text: str


def between(low: float, high: float) -> Rule:
    """A number from `low` to `high`, both included."""
    return Rule(lambda value: low <= value <= high, f"must be from {low:g} to {high:g}")


def one_of(*choices: object) -> Rule:
    """One of the listed values."""
    return Rule(lambda value: value in choices, f"must be one of {', '.join(map(str, choices))}")


def matching(pattern: str, meaning: str) -> Rule:
    """A text that matches `pattern` as a whole."""
    return Rule(lambda value: re.fullmatch(pattern, value) is not None, f"must be {meaning}")


def half_steps(low: float, high: float) -> Rule:
    """A number from `low` to `high`, both included, that is a multiple of 0.5."""
    return Rule(
        lambda value: low <= value <= high and (value * 2).is_integer(),
        f"must be from {low:g} to {high:g} in steps of 0.5",
    )


def ipv4_block(widest: int, narrowest: int) -> Rule:
    """An IPv4 network whose prefix length is from `widest` to `narrowest`, both included."""

    def holds(value: str) -> bool:
        try:
            return widest <= ipaddress.IPv4Network(value).prefixlen <= narrowest
        except ValueError:
            return False

    return Rule(holds, f"must be an IPv4 block without host bits, /{widest} to /{narrowest}")
