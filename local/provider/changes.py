"""What differs between two sets of inputs, and what of it AWS cannot change in place."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from pulumi.runtime.proto import provider_pb2 as proto

from local.provider.wire import is_file
from local.resources import Properties, ResourceHandler

_NAMES = ("name", "clusterIdentifier", "identifier")
"""Inputs that hold a physical name: two resources cannot have the same one at a time."""
_Kind = proto.PropertyDiff


def diff(handler: ResourceHandler, old: Properties, new: Properties) -> proto.DiffResponse:
    """The changed properties of `new` against `old`, nested paths included."""
    found = dict(_differences(old, new, ""))
    changed = {_top(path) for path in found}
    replaced = changed & handler.replace_on
    detailed = {
        path: _Kind(
            kind=_REPLACING[kind] if _top(path) in replaced else kind,
            inputDiff=True,
        )
        for path, kind in found.items()
    }
    return proto.DiffResponse(
        changes=proto.DiffResponse.DIFF_SOME if found else proto.DiffResponse.DIFF_NONE,
        diffs=sorted(changed),
        replaces=sorted(replaced),
        detailedDiff=detailed,
        hasDetailedDiff=True,
        deleteBeforeReplace=bool(replaced) and _keeps_name(handler, old, new),
    )


def _differences(old: Any, new: Any, path: str) -> Iterator[tuple[str, Any]]:
    if is_file(old) and is_file(new):
        if old.get("hash") != new.get("hash"):
            yield path, _Kind.UPDATE
    elif isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            at = _join(path, key)
            yield from _member(old.get(key), new.get(key), at)
    elif isinstance(old, list) and isinstance(new, list):
        for index, (before, after) in enumerate(zip_longest(old, new)):
            yield from _member(before, after, f"{path}[{index}]")
    elif old != new:
        yield path, _Kind.UPDATE


def _member(old: Any, new: Any, path: str) -> Iterator[tuple[str, Any]]:
    if old is None and new is None:
        return
    if old is None:
        yield path, _Kind.ADD
    elif new is None:
        yield path, _Kind.DELETE
    else:
        yield from _differences(old, new, path)


def _keeps_name(handler: ResourceHandler, old: Properties, new: Properties) -> bool:
    """Whether the new resource wants the very name that the old one still has."""
    names = [name for name in _NAMES if name in handler.replace_on and new.get(name)]
    return bool(names) and all(old.get(name) == new[name] for name in names)


def _join(path: str, key: str) -> str:
    if not key.isidentifier():
        return f'{path}["{key}"]'
    return f"{path}.{key}" if path else key


def _top(path: str) -> str:
    return path.partition(".")[0].partition("[")[0]


_REPLACING = {
    _Kind.ADD: _Kind.ADD_REPLACE,
    _Kind.DELETE: _Kind.DELETE_REPLACE,
    _Kind.UPDATE: _Kind.UPDATE_REPLACE,
}
