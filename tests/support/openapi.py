"""docs/openapi.yaml as data: operations without references, and schemas that can be compared."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import yaml

PATH = Path(__file__).parents[2] / "docs/openapi.yaml"
METHODS = ("get", "put", "post", "delete", "patch", "head", "options")


@cache
def spec() -> Any:
    """The document as it stands."""
    return yaml.safe_load(PATH.read_text("utf-8"))


def resolved(node: Any, root: Any) -> Any:
    """The node with every reference replaced by what it refers to."""
    if isinstance(node, list):
        return [resolved(entry, root) for entry in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        target = root
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        return resolved(target, root)
    return {key: resolved(value, root) for key, value in node.items()}


@cache
def operations() -> dict[str, Any]:
    """Every operation by its route key, resolved, with its path's parameters."""
    found = {}
    for path, item in spec()["paths"].items():
        for method in METHODS:
            if method in item:
                operation = resolved(item[method], spec())
                shared = resolved(item.get("parameters", []), spec())
                operation["parameters"] = [*shared, *operation.get("parameters", [])]
                found[f"{method.upper()} {path}"] = operation
    return found


def parameter(key: str, name: str) -> Any:
    """An operation's parameter of that name."""
    (found,) = [entry for entry in operations()[key]["parameters"] if entry["name"] == name]
    return found


def success(key: str) -> Any:
    """The schema of an operation's answer when all went well."""
    (status, *_) = [status for status in operations()[key]["responses"] if status < "300"]
    return operations()[key]["responses"][status]["content"]["application/json"]["schema"]


def plain(schema: Any) -> Any:
    """A schema without words, and with one way to say each thing."""
    if not isinstance(schema, dict):
        return schema
    if "anyOf" in schema:
        given, null = schema["anyOf"]
        assert null == {"type": "null"}
        default = {"default": schema["default"]} if "default" in schema else {}
        return plain({**given, "type": [given["type"], "null"], **default})
    left_out = {"description", "title", "example", "examples"}
    kept = {key: value for key, value in schema.items() if key not in left_out}
    if "enum" in kept:
        kept = {"enum": sorted(kept["enum"])}
    if "pattern" in kept:
        kept["pattern"] = kept["pattern"].replace(r"\Z", "$")
    if "properties" in kept:
        kept["properties"] = {name: plain(entry) for name, entry in kept["properties"].items()}
        kept["required"] = sorted(kept.get("required", []))
    if "items" in kept:
        kept["items"] = plain(kept["items"])
    return kept


def model_schema(model: type[msgspec.Struct]) -> Any:
    """The schema of a model, in the form of `plain`."""
    schema = msgspec.json.schema(model)
    return plain(resolved({"$ref": schema["$ref"]}, schema))


def names(schema: Any) -> Any:
    """The fields of an object, which of them are always there, and the same of those within."""
    if "items" in schema:
        return names(schema["items"])
    inner = {name: names(entry) for name, entry in schema.get("properties", {}).items()}
    return {"fields": inner, "required": sorted(schema.get("required", []))}


def examples() -> Iterator[tuple[str, Any, Any]]:
    """Where each example is, the schema that it must fit, and the example."""
    for key, operation in operations().items():
        yield from _examples(key, operation)


def _examples(where: str, node: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(node, list):
        for entry in node:
            yield from _examples(where, entry)
    if not isinstance(node, dict):
        return
    if "schema" in node:
        for name, example in node.get("examples", {}).items():
            yield f"{where} {name}", node["schema"], example["value"]
        if "example" in node:
            yield f"{where} example", node["schema"], node["example"]
    for key, value in node.items():
        if key not in ("schema", "examples", "example"):
            yield from _examples(where, value)
