"""What a stack may configure of a rule: checked against the defaults, and refused when unknown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_policy import PolicyConfigSchema

from policy.rule import Rule

_KINDS = {
    "string": str,
    "number": (int, float),
    "array": (list, tuple),
    "object": dict,
}


def schema(rule: Rule) -> PolicyConfigSchema | None:
    """The rule's settings as the engine checks them; None when there are none."""
    if not rule.settings:
        return None
    return PolicyConfigSchema(
        properties={
            name: {"type": _kind(default), "default": _plain(default)}
            for name, default in rule.settings.items()
        }
    )


def problems(rule: Rule, configured: Mapping[str, Any]) -> Iterator[str]:
    """What the engine's own check lets through: unknown names, and values of another type."""
    for name, value in configured.items():
        if name not in rule.settings:
            known = ", ".join(rule.settings) or "nothing"
            yield f"the rule is configured with {name!r}; it knows {known}"
        elif not isinstance(value, _KINDS[_kind(rule.settings[name])]):  # type: ignore[arg-type]
            yield f"{name} is configured as {value!r}, must be a {_kind(rule.settings[name])}"


def _kind(default: Any) -> str:
    return next(name for name, kinds in _KINDS.items() if isinstance(default, kinds))  # type: ignore[arg-type]


def _plain(default: Any) -> Any:
    return list(default) if isinstance(default, tuple) else default
