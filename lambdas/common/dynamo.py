"""DynamoDB's wire form for the plain values our items hold.

boto3's own serializer would do, at 66 ms of cold start for importing boto3 beside botocore.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Item = dict[str, Any]


def _to_wire(value: object) -> dict[str, Any]:
    match value:
        case bool():
            return {"BOOL": value}
        case None:
            return {"NULL": True}
        case str():
            return {"S": value}
        case int():
            return {"N": str(value)}
        case list() | tuple():
            return {"L": [_to_wire(entry) for entry in value]}
        case Mapping():
            return {"M": {key: _to_wire(entry) for key, entry in value.items()}}
        case _:
            raise TypeError(
                f"{type(value).__name__} has no form in a table; use str, int, bool, None, "
                f"lists and maps"
            )


def _from_wire(typed: Mapping[str, Any]) -> Any:
    ((tag, value),) = typed.items()
    match tag:
        case "S" | "BOOL":
            return value
        case "N":
            return int(value)
        case "NULL":
            return None
        case "L":
            return [_from_wire(entry) for entry in value]
        case "M":
            return from_item(value)
        case _:
            raise TypeError(f"attribute type {tag} is not one our items use")


def to_item(values: Mapping[str, object]) -> Item:
    """`{"total": 5}` as `{"total": {"N": "5"}}`; str, int, bool, None, lists and maps of them."""
    return {key: _to_wire(value) for key, value in values.items()}


def from_item(item: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The inverse of `to_item`; numbers must be integers."""
    return {key: _from_wire(value) for key, value in item.items()}
