"""What properties a resource type has: read from the classes of the pulumi_aws SDK itself."""

from __future__ import annotations

import collections.abc
import difflib
import inspect
import sys
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import UnionType
from typing import Any, Union, get_args, get_origin

import pulumi
import pulumi_aws  # noqa: F401 - registers where each type's class is
from pulumi import _types
from pulumi.runtime import rpc

from local.provider.wire import UNKNOWN, is_file
from local.resources import Properties, UnhandledTypeError

_OUTPUT_AS_TEXT = "Calling __str__ on an Output[T] is not supported"
"""What the SDK puts in the place of an output that a program writes into a string."""
_NESTED: tuple[Any, ...] = (collections.abc.Sequence, list)
_MAPS: tuple[Any, ...] = (collections.abc.Mapping, dict)
_WRAPPERS: tuple[Any, ...] = (collections.abc.Awaitable, pulumi.Output)


@dataclass(frozen=True)
class Problem:
    """A property that the type does not allow: its path, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class Shape:
    """The properties of one object: hints by camelCase name, and those it cannot be without."""

    hints: Mapping[str, Any]
    required: frozenset[str]


@dataclass(frozen=True)
class Schema:
    """One resource type: the shape of its inputs, and the names of all its properties."""

    inputs: Shape
    outputs: frozenset[str]

    def problems(self, given: Properties) -> list[Problem]:
        """Every unknown, missing or mistyped property of `given`, nested ones included."""
        return list(_object(self.inputs, given, ""))


@cache
def schema_of(token: str) -> Schema:
    """The schema of a type such as `aws:sqs/queue:Queue`; raises `UnhandledTypeError`."""
    package, module, _ = token.split(":")
    found = rpc.get_resource_module(package, module, "")
    if found is None or token not in found.mod_info["classes"]:  # type: ignore[attr-defined]
        raise UnhandledTypeError(f"pulumi_{package} has no resource type {token!r}")
    info = found.mod_info  # type: ignore[attr-defined]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of the SDK, about its own classes
        resource = getattr(import_module(info["fqn"]), info["classes"][token])
    home, name = sys.modules[resource.__module__], resource.__name__
    arguments = getattr(home, f"{name}InitArgs", None) or getattr(home, f"{name}Args")
    outputs = _types.resource_py_to_pulumi_names(resource).values()
    return Schema(_shape(arguments), frozenset(outputs))


@cache
def _shape(arguments: type) -> Shape:
    names = _types.input_type_py_to_pulumi_names(arguments)
    parameters = inspect.signature(arguments.__init__).parameters  # type: ignore[misc]
    required = {
        names[name]
        for name, parameter in parameters.items()
        if name in names and parameter.default is inspect.Parameter.empty
    }
    return Shape(_types.input_type_types(arguments), frozenset(required))


def _object(shape: Shape, given: Properties, path: str) -> Iterator[Problem]:
    for name in sorted(shape.required - given.keys()):
        yield Problem(_join(path, name), "is required and missing: set it")
    for name, value in given.items():
        at = _join(path, name)
        if name not in shape.hints:
            near = difflib.get_close_matches(name, shape.hints, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(shape.hints)}"
            yield Problem(at, f"is no property of this type: {hint}")
        elif value is not None:
            yield from _value(shape.hints[name], value, at)


def _value(hint: Any, value: Any, path: str) -> Iterator[Problem]:
    """The problems by the alternative of `hint` that `value` fits best."""
    if value == UNKNOWN or is_file(value):
        return
    if isinstance(value, str) and _OUTPUT_AS_TEXT in value:
        yield Problem(path, "was made of an Output as if it were text: use pulumi.Output.format")
        return
    alternatives = [list(_by(kind, value, path)) for kind in _alternatives(hint)]
    yield from min(alternatives, key=len, default=[])


def _by(kind: Any, value: Any, path: str) -> Iterator[Problem]:
    origin = get_origin(kind)
    if origin in _NESTED:
        if not isinstance(value, list):
            yield Problem(path, f"is {_kind(value)} and must be a list")
        else:
            for index, item in enumerate(value):
                yield from _value(get_args(kind)[0], item, f"{path}[{index}]")
    elif origin in _MAPS or (isinstance(kind, type) and _types.is_input_type(kind)):
        if not isinstance(value, dict):
            yield Problem(path, f"is {_kind(value)} and must be an object")
        elif origin in _MAPS:
            for key, item in value.items():
                yield from _value(get_args(kind)[1], item, _join(path, key))
        else:
            yield from _object(_shape(kind), value, path)
    elif not _scalar(kind, value):
        yield Problem(path, f"is {_kind(value)} and must be {_NAMES.get(kind, 'something else')}")


def _scalar(kind: Any, value: Any) -> bool:
    """Whether AWS's provider would take `value`: it converts between texts and the rest."""
    if kind is bool:
        return isinstance(value, bool) or value in ("true", "false")
    if kind in (int, float):
        return not isinstance(value, bool) and _number(value)
    if kind is str:
        return isinstance(value, str | int | float | bool)
    return True


def _number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _alternatives(hint: Any) -> Iterator[Any]:
    if get_origin(hint) in (Union, UnionType):
        for member in get_args(hint):
            yield from _alternatives(member)
    elif hint is not type(None) and get_origin(hint) not in _WRAPPERS and hint not in _WRAPPERS:
        yield hint


def _kind(value: Any) -> str:
    """What `value` is; not the value itself: it may be a secret."""
    return _NAMES.get(type(value), "an object" if isinstance(value, dict) else "a list")


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


_NAMES = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
}
