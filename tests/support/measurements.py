"""The metrics' values that logic measures."""

from __future__ import annotations


class Measurements:
    """Keeps what is measured."""

    def __init__(self) -> None:
        self._kept: list[tuple[str, float, dict[str, str]]] = []

    def __call__(self, name: str, value: float, unit: str, **dimensions: str) -> None:
        self._kept.append((name, value, dimensions))

    def of(self, sought: str) -> list[tuple[float, dict[str, str]]]:
        """The values of one metric with their dimensions, in order."""
        return [(value, dimensions) for name, value, dimensions in self._kept if name == sought]


def unmeasured(name: str, value: float, unit: str, **dimensions: str) -> None:
    """Takes no notice."""
