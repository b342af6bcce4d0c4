"""A fault: what it breaks, and which alarms must fire for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tools.alarms.scene import Scene


@dataclass(frozen=True, kw_only=True)
class Fault:
    """`happen` breaks something in the scene, takes readings, and mends it again."""

    name: str
    what: str
    """what is broken, as half a sentence"""
    proves: tuple[str, ...]
    """patterns of alarms' names in the program"""
    happen: Callable[[Scene], None]

    def is_to_fire(self, alarm: str) -> bool:
        """Whether the alarm with this name must fire for it."""
        return any(fnmatchcase(alarm, pattern) for pattern in self.proves)
