"""Properties of resources without the environment's name, and where two of them differ."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi.runtime import rpc

Path = tuple[str, ...]
"""Where in a resource's properties; an empty one is the resource itself."""
_ENVIRONMENT = re.compile(r"(?<![\w-])(dev|prod)(?![\w-])|(?<=\bstorefront-)(dev|prod)\b")
_JSON = ("{", "[")


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One registration, comparable with that of another environment."""

    type: str
    name: str
    properties: Mapping[str, Any]


Change = tuple[str, Path]
"""URN and path."""


def nameless(value: Any) -> Any:
    """A value without the name of an environment; policies as data, secrets left out.

    The name stands alone (`prod`, `prod.storefront.internal`) or after the project's
    (`storefront-prod-…`). What only contains it, such as `shop-prod`, keeps it.
    """
    if isinstance(value, Mapping):
        if value.get(rpc._special_sig_key) == rpc._special_secret_sig:
            return "(secret)"
        return {nameless(key): nameless(found) for key, found in value.items()}
    if isinstance(value, list):
        return [nameless(found) for found in value]
    if not isinstance(value, str):
        return value
    if value[:1] in _JSON and (parsed := _parsed(value)) is not None:
        return nameless(parsed)
    return _ENVIRONMENT.sub("<environment>", value)


def changes(
    old: Mapping[str, Resource], new: Mapping[str, Resource]
) -> dict[Change, tuple[Any, Any]]:
    """What differs between two stacks, with the values of both; None is what one does not have."""
    found: dict[Change, tuple[Any, Any]] = {}
    for urn in sorted({*old, *new}):
        if urn in old and urn in new:
            for path, before, after in _differences((), old[urn].properties, new[urn].properties):
                found[urn, path] = before, after
        else:
            found[urn, ()] = ("present", None) if urn in old else (None, "present")
    return found


def overlap(one: Path, other: Path) -> bool:
    """Whether one path is the other, or leads to it; that a resource exists is none of them."""
    if not one or not other:
        return one == other
    return all(a == b for a, b in zip(one, other, strict=False))


def _differences(path: Path, old: Any, new: Any) -> Iterator[tuple[Path, Any, Any]]:
    if old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            yield from _differences((*path, key), old.get(key), new.get(key))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _differences((*path, str(index)), before, after)
    else:
        yield path, old, new


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
