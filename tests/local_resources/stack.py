"""Makes the resources a test needs through the handlers themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from local.resources import Cloud, Properties, handler_for

_SERIAL = count(1)


@dataclass
class MemoryDatabase:
    """Remembers what a cluster asks of the PostgreSQL server behind it."""

    host: str = "/run/storefront"
    port: int = 5432
    masters: dict[str, str] = field(default_factory=dict)
    databases: dict[str, str] = field(default_factory=dict)

    def create_master(self, username: str, password: str) -> None:
        """Remember the user's password."""
        self.masters[username] = password

    def create_database(self, name: str, owner: str) -> None:
        """Remember the database's owner."""
        self.databases[name] = owner


class Stack:
    """Resources made by type token; `close` deletes them, last first."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self._made: list[Callable[[], None]] = []

    def make(self, type_token: str, **inputs: Any) -> Properties:
        """The outputs of a new resource."""
        handler = handler_for(type_token)
        made = handler.create(self.cloud, unique("made"), inputs)
        self.on_close(lambda: handler.delete(self.cloud, made.id, made.outputs))
        return made.outputs

    def on_close(self, undo: Callable[[], None]) -> None:
        """Call `undo` when the stack closes, before what was made earlier goes."""
        self._made.append(undo)

    def close(self) -> None:
        """Delete everything that was made."""
        while self._made:
            self._made.pop()()


def unique(word: str) -> str:
    """A name no other test of the session uses."""
    return f"{word}-{next(_SERIAL)}"
