"""What a resource's producer gives its consumers: exact IAM statements and environment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
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

    def on(self, *resources: pulumi.Input[str]) -> Statement:
        """The same statement about `resources`."""
        return replace(self, resources=resources)

    def known(self) -> dict[str, object]:
        """The statement as policy JSON, as far as it is known before AWS has made anything."""
        plain = replace(
            self,
            resources=tuple(name for name in self.resources if isinstance(name, str)),
            conditions={
                operator: {key: value for key, value in tests.items() if isinstance(value, str)}
                for operator, tests in self.conditions.items()
            },
        )
        return plain.document()


WRITE_LOGS = Statement(sid="Logs", actions=("logs:CreateLogStream", "logs:PutLogEvents"))
"""To be said of a log group's streams: `WRITE_LOGS.on(...)`."""


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


def component_inputs(statements: Iterable[Statement]) -> dict[str, object]:
    """Inputs of a component that makes policies of `statements`.

    In a first preview a policy document is unknown as a whole, since it holds ARNs that AWS has yet
    to give. From these inputs the policy pack knows the actions all the same. They hold no output:
    a component that waited for one of its own children would wait for ever.
    """
    return {"iamStatements": [entry.known() for entry in statements]}


def trust_policy(service: str) -> str:
    """A trust policy that lets one AWS service take the role; EKS tags its sessions."""
    tagged = service in ("eks.amazonaws.com", "pods.eks.amazonaws.com")
    actions = '["sts:AssumeRole","sts:TagSession"]' if tagged else '"sts:AssumeRole"'
    return (
        f'{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":{actions},'
        f'"Principal":{{"Service":"{service}"}}}}]}}'
    )


def merged_environment(grants: Iterable[Grant]) -> dict[str, pulumi.Input[str]]:
    """The variables of all `grants` in one mapping."""
    return {name: value for grant in grants for name, value in grant.environment.items()}
