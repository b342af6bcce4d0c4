"""What each role is granted, read from the policies that a program registers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Protocol

Key = tuple[str, str, str, int]
"""Role, sid, action and position: what a grant has in common with itself in other stacks."""
ROLE = "aws:iam/role:Role"
_POLICY = "aws:iam/rolePolicy:RolePolicy"


class Registered(Protocol):
    """A resource that a program registered."""

    @property
    def type(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def inputs(self) -> dict[str, Any]: ...


VIA = "kms:ViaService"
_ANY = "*"


@dataclass(frozen=True, kw_only=True)
class Grant:
    """One action on one resource that a role may take."""

    role: str
    """the logical name of the role's workload: orders-http"""
    physical: str
    """the role's name on AWS"""
    sid: str
    action: str
    position: int
    """of the resource in its statement: what makes a grant the same one in another stack"""
    resource: str
    """an ARN, a pattern of ARNs, or `*`"""
    inverted: bool
    """whether it is granted on all but `resource`"""
    conditions: frozenset[str]
    """the keys that its statement's conditions look at"""
    via: str = ""
    """the service that its statement asks a key to be used through: `dynamodb.eu-west-1…`"""

    @property
    def key(self) -> Key:
        """See `Key`."""
        return self.role, self.sid, self.action, self.position

    def covers(self, action: str, resource: str) -> bool:
        """Whether it allows a call, as far as action and resource decide."""
        return self.action.lower() == action.lower() and self.about(resource)

    def about(self, resource: str) -> bool:
        """Whether it is granted on a resource."""
        return fnmatchcase(resource, self.resource) != self.inverted

    @property
    def concrete(self) -> bool:
        """Whether it names one resource, and one service to use a key through."""
        return not self.inverted and _ANY not in self.resource + self.via

    def __str__(self) -> str:
        kept_out = "all but " if self.inverted else ""
        return f"{self.action} on {kept_out}{self.resource}"


def grants(registered: Sequence[Registered]) -> list[Grant]:
    """Every grant of every role."""
    roles = {
        str(found.inputs["name"]): found.name.removesuffix("-role")
        for found in registered
        if found.type == ROLE
    }
    return [
        grant
        for found in registered
        if found.type == _POLICY
        for grant in _of_policy(roles[found.inputs["role"]], found.inputs)
    ]


def _of_policy(role: str, inputs: dict[str, Any]) -> Iterator[Grant]:
    for statement in json.loads(inputs["policy"])["Statement"]:
        inverted = "NotResource" in statement
        resources = statement["NotResource" if inverted else "Resource"]
        tests = statement.get("Condition", {}).values()
        via = next((keys[VIA] for keys in tests if VIA in keys), "")
        for action in statement["Action"]:
            for position, resource in enumerate(resources):
                yield Grant(
                    role=role,
                    physical=inputs["role"],
                    sid=statement["Sid"],
                    action=action,
                    position=position,
                    resource=resource,
                    inverted=inverted,
                    conditions=frozenset(key for keys in tests for key in keys),
                    via=str(via),
                )
