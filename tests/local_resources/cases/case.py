"""What a life-cycle case says about a resource type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.resources import Properties
from tests.local_resources.stack import Stack


@dataclass(frozen=True, kw_only=True)
class Case:
    """One type: its inputs, what an update changes, and the outputs components read."""

    resource_type: str
    inputs: Callable[[Stack], Properties]
    change: Mapping[str, Any] = field(default_factory=dict)
    """Inputs that an update sets; empty: every input of the type needs a new resource."""
    outputs: tuple[str, ...] = ()
    """Computed outputs that must be there and not empty."""
    survives: bool = False
    """The type leaves nothing on AWS that could go, so a read after its deletion still answers."""


def allow(service: str) -> str:
    """A trust policy for an AWS service."""
    return (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", '
        f'"Principal": {{"Service": "{service}"}}, "Action": "sts:AssumeRole"}}]}}'
    )


def permit(action: str, resource: str, **more: str) -> str:
    """A policy of one statement."""
    extra = "".join(f', "{key}": {value}' for key, value in more.items())
    return (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", '
        f'"Action": "{action}", "Resource": "{resource}"{extra}}}]}}'
    )
