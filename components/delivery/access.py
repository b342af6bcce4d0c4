"""What the delivery may do in an environment's account: look, and deploy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.blocks.boundary import Boundary, BoundaryArgs
from components.blocks.grants import Statement
from components.blocks.guests import role_arn
from components.blocks.keys import Key
from components.blocks.roles import RoleArgs, create_role
from components.delivery.foundation import Foundation
from components.naming import Scope

SERVICES = (
    *("acm", "apigateway", "application-autoscaling", "backup", "backup-storage", "budgets"),
    *("ce", "cloudfront", "cloudwatch", "codedeploy", "cognito-idp", "dynamodb", "ec2", "ecs"),
    *("eks", "elasticloadbalancing", "events", "iam", "kms", "lambda", "logs", "rds"),
    *("route53", "s3", "secretsmanager", "servicediscovery", "sns", "sqs", "ssm"),
    *("tag", "vpc-lattice", "wafv2"),
)
"""What the shop is made of: whoever deploys it creates, changes and deletes there."""
_ROLES = ("iam:AttachRolePolicy", "iam:CreateRole", "iam:PutRolePolicy")
_CUSTOMERS = (
    "dynamodb:BatchGetItem",
    "dynamodb:GetItem",
    "dynamodb:Query",
    "dynamodb:Scan",
    "logs:FilterLogEvents",
    "logs:GetLogEvents",
    "sqs:ReceiveMessage",
)
"""What reads customers' data, which no comparison of resources needs."""
_EVERYWHERE = (
    *("acm", "budgets", "ce", "cloudfront", "cloudwatch", "iam", "logs", "route53"),
    "wafv2",
)
"""Services that answer from us-east-1 alone, or hold CloudFront's part there."""


@dataclass(frozen=True, kw_only=True)
class AccessArgs:
    """Arguments of `Access`."""

    scope: Scope
    """names and tags of the environment"""
    account_id: str
    """its account"""
    region: str
    foundation: Foundation
    """where its state is"""
    callers: Mapping[str, Sequence[str]]
    """the tools account's roles that take each of its roles, by name"""


class Access(pulumi.ComponentResource):
    """Two roles, of which each is taken by exactly the builds that need it."""

    def __init__(
        self, name: str, args: AccessArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("storefront:delivery:Access", name, {}, opts)
        self._name = name
        self._args = args
        self.boundary = self._create_boundary()
        self.look = self._create("look", self._looks())
        self.deploy = self._create("deploy", self._deploys())
        self.register_outputs({"look": self.look.arn, "deploy": self.deploy.arn})

    def _create_boundary(self) -> Boundary:
        args = self._args
        return Boundary(
            f"{self._name}-boundary",
            BoundaryArgs(
                scope=args.scope,
                region=args.region,
                secret_arns=[],
                image_repository_arns=[],
                statements=[*self._services(), *self._never()],
            ),
            pulumi.ResourceOptions(parent=self),
        )

    def _create(self, access: str, statements: Sequence[Statement]) -> aws.iam.Role:
        made = create_role(
            self,
            f"{self._name}-{access}",
            RoleArgs(
                scope=self._args.scope,
                role=access,
                trust=self._trust(access),
                boundary=self.boundary,
                statements=[*statements, *self._state(access)],
            ),
        )
        if access == "look":
            aws.iam.RolePolicyAttachment(
                f"{self._name}-look-read-only",
                role=made.role.name,
                policy_arn="arn:aws:iam::aws:policy/ReadOnlyAccess",
                opts=pulumi.ResourceOptions(parent=self),
            )
        return made.role

    def _trust(self, access: str) -> pulumi.Output[str]:
        """The roles of the tools account, which may not exist yet, by their names."""
        tools = self._args.foundation.boundary.account_id
        roles = [
            pulumi.Output.concat("arn:aws:iam::", tools, f":role/{name}")
            for name in self._args.callers[access]
        ]
        taken = {
            "Effect": "Allow",
            "Principal": {"AWS": pulumi.Output.concat("arn:aws:iam::", tools, ":root")},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:PrincipalArn": roles}},
        }
        return pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [taken]})

    def _looks(self) -> tuple[Statement, ...]:
        return (Statement(sid="Customers", effect="Deny", actions=_CUSTOMERS, resources=("*",)),)

    def _deploys(self) -> tuple[Statement, ...]:
        return self._services()

    def _services(self) -> tuple[Statement, ...]:
        everything = tuple(f"{service}:*" for service in SERVICES)
        return (Statement(sid="Shop", actions=everything, resources=("*",)),)

    def _never(self) -> tuple[Statement, ...]:
        """Roles without the shop's boundary, other regions, and the delivery's own roles."""
        scope, account = self._args.scope, self._args.account_id
        shop = scope.of("platform").physical("policy", "boundary")
        own = (
            role_arn(account, scope.physical("role", "*")),
            f"arn:aws:iam::{account}:policy/{scope.physical('policy', '*')}",
        )
        return (
            Statement(
                sid="Unbounded",
                effect="Deny",
                actions=_ROLES,
                resources=("*",),
                conditions={
                    "StringNotEquals": {
                        "iam:PermissionsBoundary": f"arn:aws:iam::{account}:policy/{shop}"
                    }
                },
            ),
            Statement(
                sid="Unbinding",
                effect="Deny",
                actions=("iam:DeleteRolePermissionsBoundary", "iam:*User*", "iam:*AccessKey*"),
                resources=("*",),
            ),
            Statement(sid="Itself", effect="Deny", actions=("iam:*",), resources=own),
            Statement(
                sid="Elsewhere",
                effect="Deny",
                actions=tuple(f"{name}:*" for name in SERVICES if name not in _EVERYWHERE),
                resources=("*",),
                conditions={"StringNotEquals": {"aws:RequestedRegion": self._args.region}},
            ),
        )

    def _state(self, access: str) -> tuple[Statement, ...]:
        """Its own state, and the keys of the state and of the secrets in it."""
        foundation, stage = self._args.foundation, self._args.scope.environment
        changed = access == "deploy"
        objects = ("s3:DeleteObject", "s3:GetObject", "s3:PutObject") if changed else _GET
        under = ("kms:Decrypt", "kms:GenerateDataKey") if changed else ("kms:Decrypt",)
        state, secrets = foundation.state, foundation.secrets[stage]
        return (
            Statement(
                sid="State",
                actions=objects,
                resources=(pulumi.Output.concat(state.arn, f"/{stage}/*"),),
            ),
            Statement(
                sid="States",
                actions=("s3:ListBucket",),
                resources=(state.arn,),
                conditions={"StringLike": {"s3:prefix": f"{stage}/*"}},
            ),
            Statement(sid="StateKey", actions=under, resources=(foundation.state_key.arn,)),
            _decrypts(secrets),
        )


_GET = ("s3:GetObject",)


def _decrypts(key: Key) -> Statement:
    return Statement(sid="Secrets", actions=("kms:Decrypt",), resources=(key.arn,))


def account_provider(name: str, account_id: str, admin_role: str, region: str) -> aws.Provider:
    """A provider that works in another account, as that account's administrators' role."""
    return aws.Provider(
        name,
        region=region,
        allowed_account_ids=[account_id],
        assume_roles=[{"role_arn": role_arn(account_id, admin_role)}],
    )
