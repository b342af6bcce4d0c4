"""Decides requests as IAM does, for the elements that the program's policies use."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

Document = Mapping[str, Any]
Context = Mapping[str, str]
_EXACT = {"StringEquals", "Bool"}
_IF_EXISTS = "IfExists"
_LIKE = {"StringLike", "ForAnyValue:StringLike", "ArnEquals", "ArnLike"}
"""To IAM, ArnEquals and ArnLike are the same."""


def allows(document: Document, action: str, resource: str, context: Context) -> bool:
    """Whether some statement allows the request and none denies it.

    A `*` in `resource` stands for itself: only a pattern that covers it all matches it.
    """
    effects = {
        statement["Effect"]
        for statement in document["Statement"]
        if _applies(statement, action, resource, context)
    }
    return effects == {"Allow"}


def account(resource: str) -> str:
    """The account in an ARN; empty for what has none."""
    parts = resource.split(":", 5)
    return parts[4] if len(parts) == 6 else ""


def _applies(statement: Document, action: str, resource: str, context: Context) -> bool:
    resources = statement.get("Resource")
    named = (
        _any(resources, resource)
        if resources is not None
        else not _any(statement["NotResource"], resource)
    )
    return (
        _any(statement["Action"], action)
        and named
        and all(
            _holds(operator, key, expected, context)
            for operator, tests in statement.get("Condition", {}).items()
            for key, expected in tests.items()
        )
    )


def _holds(operator: str, key: str, expected: str | Sequence[str], context: Context) -> bool:
    if operator.endswith(_IF_EXISTS):
        return key not in context or _holds(
            operator.removesuffix(_IF_EXISTS), key, expected, context
        )
    if operator not in _EXACT | _LIKE:
        raise ValueError(f"condition operator {operator} is not known here; add it to _holds")
    values = [expected] if isinstance(expected, str) else expected
    wanted = [re.sub(r"\$\{(.+?)\}", lambda name: context[name[1]], value) for value in values]
    actual = context.get(key)
    if actual is None:
        return False
    return actual in wanted if operator in _EXACT else _any(wanted, actual)


def _any(patterns: str | Sequence[str], value: str) -> bool:
    each = [patterns] if isinstance(patterns, str) else patterns
    return any(_matches(pattern, value) for pattern in each)


def _matches(pattern: str, value: str) -> bool:
    words = re.split(r"([*?])", pattern)
    wild = {"*": ".*", "?": "."}
    return (
        re.fullmatch("".join(wild.get(word, re.escape(word)) for word in words), value) is not None
    )
