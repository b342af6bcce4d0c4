"""A stack's configuration of the pack, as the engine takes it; what no rule knows is refused."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from google.protobuf import struct_pb2
from pulumi.runtime.proto import analyzer_pb2

_LEVELS = {
    "advisory": analyzer_pb2.ADVISORY,
    "mandatory": analyzer_pb2.MANDATORY,
    "remediate": analyzer_pb2.REMEDIATE,
    "disabled": analyzer_pb2.DISABLED,
}


class ConfigurationError(ValueError):
    """The configuration names what no rule knows."""


def read(path: Path, rules: Sequence[Any]) -> analyzer_pb2.ConfigureAnalyzerRequest:
    """The configuration in a file, checked against the rules; raises ConfigurationError."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path}: {error}") from error
    if not isinstance(found, dict):
        raise ConfigurationError(f"{path}: must hold a JSON object, by rule")
    return request(found, rules)


def request(
    configured: dict[str, Any], rules: Sequence[Any]
) -> analyzer_pb2.ConfigureAnalyzerRequest:
    """What the engine would send: every rule's level and settings, by name."""
    known = {rule.name: rule for rule in rules}
    if unknown := sorted(set(configured) - {*known, "all"}):
        raise ConfigurationError(f"{', '.join(unknown)}: no such rule; see docs/policies.md")
    everywhere = _split("all", configured.get("all", {}))[0]
    sent = {}
    for name, rule in known.items():
        level, settings = _split(name, configured.get(name, {}))
        properties = struct_pb2.Struct()
        allowed = set(rule.configSchema.properties)
        if strange := sorted(set(settings) - allowed):
            listed = ", ".join(sorted(allowed)) or "nothing"
            raise ConfigurationError(f"{name}: unknown {', '.join(strange)}; it knows {listed}")
        properties.update(settings)
        chosen = everywhere if level is None else level
        sent[name] = analyzer_pb2.PolicyConfig(
            enforcementLevel=rule.enforcementLevel if chosen is None else chosen,
            properties=properties,
        )
    return analyzer_pb2.ConfigureAnalyzerRequest(policyConfig=sent)


def applied(rules: Sequence[Any], sent: analyzer_pb2.ConfigureAnalyzerRequest) -> list[Any]:
    """The rules at the levels that the configuration gives them."""
    found = []
    for rule in rules:
        copied = type(rule)()
        copied.CopyFrom(rule)
        copied.enforcementLevel = sent.policyConfig[rule.name].enforcementLevel
        found.append(copied)
    return found


def _split(name: str, value: Any) -> tuple[Any, dict[str, Any]]:
    if isinstance(value, str):
        value = {"enforcementLevel": value}
    if not isinstance(value, dict):
        raise ConfigurationError(f"{name} is {value!r}, must be a level or an object")
    settings = dict(value)
    level = settings.pop("enforcementLevel", None)
    if level is not None and level not in _LEVELS:
        raise ConfigurationError(f"{name}: level {level!r} must be one of {', '.join(_LEVELS)}")
    return None if level is None else _LEVELS[level], settings
