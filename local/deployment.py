"""What a run of the program made, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from local.outputs import output


@dataclass(frozen=True, kw_only=True)
class Registration:
    """One resource as the program registered it and the embedded AWS holds it."""

    type: str
    name: str
    id: str
    recorded: bool
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    seconds: float


@dataclass
class Deployment:
    """What a run of the program made: custom resources in order of creation, stack outputs."""

    registrations: list[Registration] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)

    def of_type(self, token: str) -> list[Registration]:
        """The resources of one type."""
        return [entry for entry in self.registrations if entry.type == token]

    def named(self, name: str) -> Registration:
        """The resource with this logical name; raises LookupError when there is none."""
        for entry in self.registrations:
            if entry.name == name:
                return entry
        raise LookupError(f"the program registered no resource {name!r}")

    def output(self, name: str) -> str:
        """A stack output; raises LocalRunError when the program does not export it."""
        return output(self.outputs, name)


class Result(msgspec.Struct, kw_only=True):
    """What the process that ran the program hands over."""

    deployment: Deployment | None = None
    failure: str = ""
    """why there is no deployment"""
    traceback: str = ""
