"""Translates Pulumi's camelCase properties to AWS requests and back, by botocore's service models.

A property finds its request member by name, whatever the case (`memorySize` → `MemorySize`), and
a plural finds its singular (`audiences` → `Audience`). What has neither name is listed in `renamed`
by its path; what only the Pulumi provider acts on (`skipDestroy`) in `provider_only`. Any other
property is an error, so nothing a component asks for is dropped in silence.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore import xform_name
from botocore.model import ListShape, MapShape, Shape, StructureShape

from local.resources.base import Cloud, Properties, ResourceError

_EVERYWHERE = frozenset({"id", "region", "tagsAll"})
"""Properties that every type of the AWS provider has and no request takes."""


@dataclass(frozen=True)
class Api:
    """One AWS service, and how one type's properties are named in its requests and answers."""

    service: str
    renamed: Mapping[str, str] = field(default_factory=dict)
    provider_only: frozenset[str] = frozenset()

    def call(
        self, cloud: Cloud, operation: str, properties: Mapping[str, Any] | None = None, **more: Any
    ) -> Properties:
        """Call `operation`, e.g. `CreateAlias`, with `properties` and the AWS members `more`."""
        request = self.request(cloud, operation, properties or {})
        return self._send(cloud, operation, {**request, **more})

    def call_with_known(
        self, cloud: Cloud, operation: str, properties: Mapping[str, Any], **more: Any
    ) -> Properties:
        """Call `operation` with those `properties` it has a member for: updates know fewer."""
        request = self.request(cloud, operation, properties, only_known=True)
        return self._send(cloud, operation, {**request, **more})

    def request(
        self,
        cloud: Cloud,
        operation: str,
        properties: Mapping[str, Any],
        *,
        only_known: bool = False,
    ) -> Properties:
        """The request of `operation`; raises `ResourceError` for a property it does not know."""
        shape = cloud.client(self.service).meta.service_model.operation_model(operation).input_shape
        if only_known:
            members = _by_lower_case(shape.members)
            properties = {
                key: value for key, value in properties.items() if self._member(key, members)
            }
        return self._structure(shape, properties, "", operation)

    def member(self, cloud: Cloud, operation: str, member: str, value: Any) -> Any:
        """The `member` of a request alone, translated from the properties in `value`."""
        shape = cloud.client(self.service).meta.service_model.operation_model(operation).input_shape
        return self._value(shape.members[member], value, "", operation)

    def reflect(self, properties: Mapping[str, Any], answer: Mapping[str, Any]) -> Properties:
        """Those of `properties` that `answer` holds, as they are on AWS now; tags are not asked."""
        members = _by_lower_case(answer)
        found = {key: self._member(key, members) for key in properties if key != "tags"}
        return {
            key: self._like(properties[key], answer[member], key)
            for key, member in found.items()
            if member
        }

    def _send(self, cloud: Cloud, operation: str, request: Properties) -> Properties:
        answer: Properties = getattr(cloud.client(self.service), xform_name(operation))(**request)
        return answer

    def _member(self, path: str, members: Mapping[str, str]) -> str | None:
        if path in self.provider_only or path in _EVERYWHERE:
            return None
        name = self.renamed.get(path, path.rpartition(".")[2]).lower()
        singular = name.removesuffix("s")
        return members.get(name) or members.get(singular) or members.get(name + "s")

    def _structure(
        self, shape: StructureShape, value: Mapping[str, Any], path: str, operation: str
    ) -> Properties:
        members = _by_lower_case(shape.members)
        request: Properties = {}
        for key, item in value.items():
            at = f"{path}.{key}".removeprefix(".")
            if item is None or at in self.provider_only or at in _EVERYWHERE:
                continue
            member = self._member(at, members)
            if member is None:
                raise ResourceError(
                    f"property {at!r} has no member in {self.service} {operation}: give its AWS "
                    "name in the handler's `renamed`, or list it as `provider_only`, with care."
                )
            request[member] = self._value(shape.members[member], item, at, operation)
        return request

    def _value(self, shape: Shape, value: Any, path: str, operation: str) -> Any:
        if isinstance(shape, StructureShape):
            if isinstance(value, list) and {"Items", "Quantity"} <= shape.members.keys():
                items = self._value(shape.members["Items"], value, path, operation)
                return {"Items": items, "Quantity": len(items)}
            return self._structure(shape, value, path, operation)
        if isinstance(shape, ListShape):
            if isinstance(value, dict) and (pair := _pair(shape.member)):
                return [dict(zip(pair, item, strict=True)) for item in value.items()]
            items = value if isinstance(value, list) else [value]
            return [self._value(shape.member, item, path, operation) for item in items]
        if isinstance(shape, MapShape):
            return {
                key: self._value(shape.value, item, path, operation) for key, item in value.items()
            }
        return _scalar(shape.type_name, value)

    def _like(self, old: Any, new: Any, path: str) -> Any:
        if same(old, new):
            return old
        if isinstance(old, str) and isinstance(new, dict):
            return json.dumps(new)
        if isinstance(old, dict) and isinstance(new, list):
            pairs = [pair for item in new if (pair := _pair_values(item))]
            return dict(pairs) if len(pairs) == len(new) else self._like(old, new[0], path)
        if isinstance(old, dict) and isinstance(new, dict):
            members = _by_lower_case(new)
            found = {key: self._member(f"{path}.{key}", members) for key in old}
            return {
                key: self._like(old[key], new[member], f"{path}.{key}") if member else old[key]
                for key, member in found.items()
            }
        if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
            return [self._like(*items, path) for items in zip(old, new, strict=True)]
        return new


def text(document: Any) -> str:
    """A policy or other JSON document as text; text stays as it is."""
    return document if isinstance(document, str) else json.dumps(document)


def picked(answer: Mapping[str, Any], names: Mapping[str, str]) -> Properties:
    """Outputs named by `names`: output → member of the answer; members it lacks are left out."""
    return {
        output: answer[member] for output, member in names.items() if answer.get(member) is not None
    }


def same(old: Any, new: Any) -> bool:
    """Whether two values mean the same: JSON in any writing, lists in any order."""
    if _is_json(old) or _is_json(new):
        return bool(_loaded(old) == _loaded(new))
    if isinstance(old, list) and isinstance(new, list):
        return sorted(map(repr, old)) == sorted(map(repr, new))
    return bool(old == new)


def _by_lower_case(names: Iterable[str]) -> dict[str, str]:
    return {name.lower(): name for name in names}


def _pair(shape: Shape) -> tuple[str, str] | None:
    """The member names of a key-value structure: AWS writes maps as lists of these."""
    if not isinstance(shape, StructureShape) or len(shape.members) != 2:
        return None
    first, second = shape.members
    return (first, second) if second.lower().endswith("value") else None


def _pair_values(item: Mapping[str, Any]) -> tuple[Any, Any] | None:
    first, *rest = item.values()
    return (first, rest[0]) if len(rest) == 1 and list(item)[1].endswith("alue") else None


def _scalar(kind: str, value: Any) -> Any:
    if kind in ("integer", "long"):
        return int(value)
    if kind in ("float", "double"):
        return float(value)
    if kind == "boolean":
        return value if isinstance(value, bool) else value == "true"
    if kind == "string" and not isinstance(value, str):
        return json.dumps(value)
    return value


def _is_json(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(("{", "["))


def _loaded(value: Any) -> Any:
    return json.loads(value) if _is_json(value) else value
