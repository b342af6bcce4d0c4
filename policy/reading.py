"""Reads a resource's properties without ever mistaking one thing for another.

Missing and null are the same: None, or empty. An unknown value raises UnknownValueError, which
becomes *not evaluated*; a value of another type than asked for raises WrongTypeError, which becomes
a violation.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pulumi_policy.proxy import UnknownValueError


class WrongTypeError(ValueError):
    """A property holds a value of a type that no provider would accept there."""


class Reader:
    """The properties of a resource, or a part of them; paths are dotted."""

    def __init__(self, value: Mapping[str, Any], path: str = "") -> None:
        self._value = value
        self._path = path

    def flag(self, path: str) -> bool | None:
        """A boolean."""
        value: bool | None = self._typed(path, bool, "a boolean")
        return value

    def text(self, path: str) -> str | None:
        """A string."""
        value: str | None = self._typed(path, str, "a string")
        return value

    def number(self, path: str) -> float | None:
        """A number; what arrives over the wire is always a float."""
        value: float | None = self._typed(path, (int, float), "a number")
        if isinstance(value, bool):
            raise self._wrong(path, value, "a number")
        return value

    def has(self, path: str) -> bool:
        """Whether there is a value that is neither null nor empty."""
        head, _, rest = path.partition(".")
        if head not in self._value:
            return False
        return self.part(head).has(rest) if rest else self._value[head] not in (None, "")

    def part(self, path: str) -> Reader:
        """An object; an empty one when it is missing."""
        value = self._typed(path, Mapping, "an object")
        return Reader(value or {}, self._full(path))

    def part_named(self, name: str) -> Reader:
        """The object under a name that may hold dots; an empty one when it is missing."""
        value = self._checked(name, self._value.get(name) or {}, Mapping, "an object")
        return Reader(value, self._full(name))

    def text_named(self, name: str) -> str | None:
        """A string under a name that may hold dots."""
        value = self._value.get(name)
        text: str | None = None if value is None else self._checked(name, value, str, "a string")
        return text

    def is_text(self, path: str) -> bool:
        """Whether there is a string."""
        return isinstance(self._at(path), str)

    def parts(self, path: str) -> list[Reader]:
        """A list of objects."""
        return [
            Reader(self._checked(f"{path}.{index}", item, Mapping, "an object"), self._full(path))
            for index, item in enumerate(self._list(path))
        ]

    def texts(self, path: str) -> list[str]:
        """A list of strings."""
        return [
            self._checked(f"{path}.{index}", item, str, "a string")
            for index, item in enumerate(self._list(path))
        ]

    def any_text(self, path: str) -> bool:
        """Whether a list holds a string, be it one that is not known yet."""
        try:
            return bool(self.texts(path))
        except UnknownValueError:
            return len(self._list(path)) > 0

    def one_or_many(self, path: str) -> list[str]:
        """A string or a list of strings, as IAM and its kind write them."""
        value = self._at(path)
        return [value] if isinstance(value, str) else self.texts(path)

    def one_or_more_parts(self, path: str) -> list[Reader]:
        """An object or a list of objects, as IAM and its kind write them."""
        return [self.part(path)] if isinstance(self._at(path), Mapping) else self.parts(path)

    def document(self, path: str) -> Reader | None:
        """An object written as JSON in a string."""
        value = self._parsed(path)
        if value is None:
            return None
        return Reader(self._checked(path, value, Mapping, "a JSON object"), self._full(path))

    def documents(self, path: str) -> list[Reader]:
        """A list of objects written as JSON in a string."""
        listed = self._checked(path, self._parsed(path) or [], list, "a JSON list")
        return Reader({path: listed}, self._path).parts(path)

    def _parsed(self, path: str) -> Any:
        text = self.text(path)
        if text is None:
            return None
        try:
            return json.loads(text)
        except ValueError as error:
            raise WrongTypeError(f"{self._full(path)} is not JSON: {error}") from error

    def names(self) -> Iterator[str]:
        """The names of the properties that are here, known or not."""
        return iter(self._value)

    def _list(self, path: str) -> Sequence[Any]:
        value = self._at(path)
        if value is None:
            return ()
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise self._wrong(path, value, "a list")
        return value

    def _at(self, path: str) -> Any:
        value: Any = self._value
        for name in path.split("."):
            if value is None:
                return None
            if not isinstance(value, Mapping):
                raise self._wrong(path, value, "an object")
            value = value.get(name)
        return value

    def _typed(self, path: str, kind: Any, called: str) -> Any:
        value = self._at(path)
        return None if value is None else self._checked(path, value, kind, called)

    def _checked(self, path: str, value: Any, kind: Any, called: str) -> Any:
        if not isinstance(value, kind):
            raise self._wrong(path, value, called)
        return value

    def _wrong(self, path: str, value: Any, called: str) -> WrongTypeError:
        return WrongTypeError(f"{self._full(path)} is {value!r:.80}, must be {called}")

    def _full(self, path: str) -> str:
        return f"{self._path}.{path}".lstrip(".")


def raw(props: Any) -> dict[str, Any]:
    """The properties with what is unknown in them; the SDK's views give out what they wrap."""
    return dict(props["__target"])
