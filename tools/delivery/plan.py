"""What a preview would do, as a list that a person approves and a machine compares: pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tools.delivery.errors import DeliveryError

_NOTHING = ("same", "read", "read-discard")


@dataclass(frozen=True, order=True)
class Change:
    """What would happen to one resource."""

    urn: str
    operation: str
    properties: tuple[str, ...]
    """paths of what would differ"""


def changes(told: str) -> list[Change]:
    """What `pulumi preview --json` printed, in short; raises DeliveryError for anything else."""
    try:
        steps: Sequence[Mapping[str, Any]] = json.loads(told[told.index("{") :])["steps"]
    except (ValueError, KeyError) as error:
        raise DeliveryError(f"pulumi preview printed no plan: {told[-200:]!r}") from error
    return sorted(
        Change(
            urn=step["urn"],
            operation=step["op"],
            properties=tuple(sorted(step.get("detailedDiff") or {})),
        )
        for step in steps
        if step["op"] not in _NOTHING
    )


def written(found: Sequence[Change]) -> str:
    """The plan as it is kept."""
    return json.dumps([asdict(change) for change in found], indent=1) + "\n"


def read(text: str, source: str) -> list[Change]:
    """A plan that was kept; raises DeliveryError that names `source`."""
    try:
        return [
            Change(entry["urn"], entry["operation"], tuple(entry["properties"]))
            for entry in json.loads(text)
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise DeliveryError(
            f"{source} is no plan that make preview PLAN=... wrote: {error}"
        ) from error


def differences(approved: Sequence[Change], now: Sequence[Change]) -> Iterator[str]:
    """What would happen now and was not approved, and the other way round."""
    for change in sorted(set(now) - set(approved)):
        yield f"not approved: {_said(change)}"
    for change in sorted(set(approved) - set(now)):
        yield f"approved, and no longer so: {_said(change)}"


def _said(change: Change) -> str:
    properties = f" ({', '.join(change.properties)})" if change.properties else ""
    return f"{change.operation} {change.urn.rpartition('::')[2]}{properties}"
