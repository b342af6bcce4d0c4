"""Properties between the engine's protobuf structs and the plain values that handlers work with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pulumi
from google.protobuf import json_format, struct_pb2
from pulumi.runtime import rpc

from local.resources import Properties

UNKNOWN = rpc.UNKNOWN
"""What the engine sends, and wants, for a value that a preview cannot know."""
_SIGNATURE = rpc._special_sig_key
_SECRET = rpc._special_secret_sig
_FILES: dict[str, type[pulumi.FileArchive | pulumi.FileAsset]] = {
    rpc._special_archive_sig: pulumi.FileArchive,
    rpc._special_asset_sig: pulumi.FileAsset,
}


@dataclass
class Secrets:
    """What of one call nobody may see: the properties that held it, and its texts."""

    names: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)

    def open(self, message: struct_pb2.Struct) -> Properties:
        """The values of `message` in clear; the secret ones are remembered here."""
        opened: Properties = {}
        for name, value in plain(message).items():
            opened[name] = self._open(value, name, secret=False)
        return opened

    def seal(self, properties: Properties) -> struct_pb2.Struct:
        """`properties` for the engine, secret wherever one of the secrets shows."""
        return struct(
            {
                name: {_SIGNATURE: _SECRET, "value": value} if self._shows(name, value) else value
                for name, value in properties.items()
                if value is not None
            }
        )

    def redact(self, message: str) -> str:
        """`message` without any of the texts."""
        for text in sorted(self.texts, key=len, reverse=True):
            message = message.replace(text, "[secret]")
        return message

    def _open(self, value: Any, name: str, *, secret: bool) -> Any:
        if isinstance(value, dict):
            if value.get(_SIGNATURE) == _SECRET:
                self.names.add(name)
                return self._open(value.get("value"), name, secret=True)
            return {key: self._open(item, name, secret=secret) for key, item in value.items()}
        if isinstance(value, list):
            return [self._open(item, name, secret=secret) for item in value]
        if secret and isinstance(value, str) and value not in ("", UNKNOWN):
            self.texts.add(value)
        return value

    def _shows(self, name: str, value: Any) -> bool:
        return name in self.names or any(
            text in leaf for leaf in _leaves(value) if isinstance(leaf, str) for text in self.texts
        )


def plain(message: struct_pb2.Struct) -> Properties:
    """The values of `message`, whole numbers as int; what the engine has marked stays marked."""
    properties: Properties = _whole(json_format.MessageToDict(message))
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
