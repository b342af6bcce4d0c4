"""What a resource's producer gives its consumers: exact IAM statements and environment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import pulumi


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One IAM statement. Either `resources` or `except_resources` is given."""

    sid: str
    actions: tuple[str, ...]
    resources: tuple[pulumi.Input[str], ...] = ()
    except_resources: tuple[str, ...] = ()
    conditions: Mapping[str, Mapping[str, pulumi.Input[str]]] = field(default_factory=dict)
    effect: Literal["Allow", "Deny"] = "Allow"

    def document(self) -> dict[str, object]:
        """The statement as policy JSON, outputs inside."""
        body: dict[str, object] = {
            "Sid": self.sid,
            "Effect": self.effect,
            "Action": list(self.actions),
        }
        if self.except_resources:
            body["NotResource"] = list(self.except_resources)
        else:
            body["Resource"] = list(self.resources)
        if self.conditions:
            body["Condition"] = self.conditions
        return body


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What a consumer needs to use a resource: statements for its role, variables for its code."""

    statements: tuple[Statement, ...]
    environment: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)


def policy_document(statements: Iterable[Statement]) -> pulumi.Output[str]:
    """An identity policy of exactly `statements`."""
    return pulumi.Output.json_dumps(
        {"Version": "2012-10-17", "Statement": [entry.document() for entry in statements]}
    )


def trust_policy(service: str) -> str:
    """A trust policy that lets one AWS service take the role."""
    return (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",'
        f'"Principal":{{"Service":"{service}"}}}}]}}'
    )


def merged_environment(grants: Iterable[Grant]) -> dict[str, pulumi.Input[str]]:
    """The variables of all `grants` in one mapping."""
    return {name: value for grant in grants for name, value in grant.environment.items()}
