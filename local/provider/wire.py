"""Properties between the engine's protobuf structs and the plain values that handlers work with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pulumi
from google.protobuf import json_format, struct_pb2
from pulumi.runtime import rpc

from local.resources import Properties

UNKNOWN = rpc.UNKNOWN
"""What the engine sends, and wants, for a value that a preview cannot know."""
_SIGNATURE = rpc._special_sig_key
_FILES: dict[str, type[pulumi.FileArchive | pulumi.FileAsset]] = {
    rpc._special_archive_sig: pulumi.FileArchive,
    rpc._special_asset_sig: pulumi.FileAsset,
}


def plain(struct: struct_pb2.Struct) -> Properties:
    """The values of `struct`, whole numbers as int; assets and archives stay as the engine's."""
    properties: Properties = _whole(json_format.MessageToDict(struct))
    return properties


def struct(properties: Properties) -> struct_pb2.Struct:
    """`properties` for the engine; values that are None are left out."""
    message = struct_pb2.Struct()
    json_format.ParseDict({k: v for k, v in properties.items() if v is not None}, message)
    return message


def for_handler(properties: Properties) -> Properties:
    """`properties` with the assets and archives that a handler reads files from."""
    return {key: _file(value) if is_file(value) else value for key, value in properties.items()}


def from_handler(answer: Properties, *originals: Properties) -> Properties:
    """A handler's `answer` with the engine's own assets and archives, from the first original."""
    files: Properties = {}
    for original in reversed(originals):
        files |= {key: value for key, value in original.items() if is_file(value)}
    kept = {
        key: value
        for key, value in answer.items()
        if not isinstance(value, pulumi.Archive | pulumi.Asset)
    }
    return {**kept, **files}


def is_file(value: Any) -> bool:
    """Whether `value` is an asset or archive as the engine sends it."""
    return isinstance(value, dict) and value.get(_SIGNATURE) in _FILES


def holds_unknown(value: Any) -> bool:
    """Whether `value` is unknown, or something within it."""
    return any(leaf == UNKNOWN for leaf in _leaves(value))


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    else:
        yield value


def _file(value: Properties) -> pulumi.Archive | pulumi.Asset:
    return _FILES[value[_SIGNATURE]](value.get("path", ""))


def _whole(value: Any) -> Any:
    """Protobuf has doubles only."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return value
