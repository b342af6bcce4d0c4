"""A secret that nobody chose: made once, at random, and kept in Secrets Manager."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.blocks.grants import Grant, Statement
from components.blocks.keys import Key
from components.naming import Scope

_BYTES = 32


@dataclass(frozen=True, kw_only=True)
class GeneratedSecretArgs:
    """Arguments of `GeneratedSecret`."""

    scope: Scope
    """names and tags"""
    role: str
    """what the secret opens"""
    recovery_days: int
    """days in which a deletion can be taken back, and the name cannot be used again; 0: none"""
    key: Key | None = None
    """customer managed key; without one, Secrets Manager's own"""
    variable: str | None = None
    """environment variable that tells a consumer the secret's ARN"""


class GeneratedSecret(pulumi.ComponentResource):
    """256 random bits as text; every later run keeps them, and Pulumi's state encrypts them.

    A secret of another logical name has another value: that is how it is rotated.
    """

    arn: pulumi.Output[str]
    value: pulumi.Output[str]

    def __init__(
        self, name: str, args: GeneratedSecretArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("storefront:blocks:GeneratedSecret", name, {}, opts)
        self._args = args
        secret = aws.secretsmanager.Secret(
            f"{name}-secret",
            name=args.scope.physical("secret", args.role),
            recovery_window_in_days=args.recovery_days,
            kms_key_id=args.key.arn if args.key else None,
            tags=args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        version = aws.secretsmanager.SecretVersion(
            f"{name}-version",
            secret_id=secret.id,
            secret_string=pulumi.Output.secret(new_value()),
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["secretString"]),
        )
        self.arn = secret.arn
        self.value = version.secret_string.apply(str)
        self.register_outputs({"arn": self.arn})

    def grant_read(self) -> Grant:
        """Read the value, and open the key that it is under."""
        args = self._args
        opened = (args.key.read("secretsmanager"),) if args.key else ()
        grant = read_secret(args.role, self.arn, args.variable)
        return Grant(statements=(*grant.statements, *opened), environment=grant.environment)


def read_secret(role: str, arn: pulumi.Input[str], variable: str | None) -> Grant:
    """Read the secret that opens `role`; `variable` tells the consumer its ARN."""
    sid = "Read" + role.title().replace("-", "")
    return Grant(
        statements=(
            Statement(sid=sid, actions=("secretsmanager:GetSecretValue",), resources=(arn,)),
        ),
        environment={variable: arn} if variable else {},
    )


def new_value() -> str:
    """Text that nobody can guess."""
    return secrets.token_urlsafe(_BYTES)
