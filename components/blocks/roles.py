"""The one place that makes roles, so that no workload is without the permission boundary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.blocks.boundary import Boundary
from components.blocks.grants import Statement, policy_document, trust_policy
from components.naming import Scope


@dataclass(frozen=True, kw_only=True)
class RoleArgs:
    """Arguments of `create_role`."""

    scope: Scope
    """names and tags"""
    role: str
    """what the workload is to its service: http, api-task"""
    taken_by: str = ""
    """the AWS service that acts as the role, e.g. `lambda.amazonaws.com`"""
    boundary: Boundary
    """what the role may do at the very most"""
    statements: Sequence[Statement]
    """all that the role may do, one at least; what several grants share is written once"""
    trust: pulumi.Input[str] | None = None
    """the trust policy of a role that no AWS service takes"""


@dataclass(frozen=True, kw_only=True)
class Role:
    """A role and its one policy; what acts as the role depends on the policy."""

    role: aws.iam.Role
    policy: aws.iam.RolePolicy

    @property
    def arn(self) -> pulumi.Output[str]:
        """The role's ARN."""
        return self.role.arn


def create_role(parent: pulumi.Resource, name: str, args: RoleArgs) -> Role:
    """`<name>-role` and `<name>-policy`, as children of `parent`."""
    role = aws.iam.Role(
        f"{name}-role",
        name=args.scope.physical("role", args.role),
        assume_role_policy=args.trust or trust_policy(args.taken_by),
        permissions_boundary=args.boundary.arn,
        tags=args.scope.tags,
        opts=pulumi.ResourceOptions(parent=parent),
    )
    policy = aws.iam.RolePolicy(
        f"{name}-policy",
        role=role.id,
        policy=policy_document({id(entry): entry for entry in args.statements}.values()),
        opts=pulumi.ResourceOptions(parent=parent),
    )
    return Role(role=role, policy=policy)


def control_plane_role(
    parent: pulumi.Resource,
    name: str,
    scope: Scope,
    role: str,
    taken_by: str,
    policies: Sequence[str],
) -> aws.iam.Role:
    """`<name>-role` with AWS managed `policies`: for what AWS itself runs in the account.

    It has no boundary: what EKS does with it (instances, their profiles, balancers) is no
    workload's business, and AWS changes the list with the service.
    """
    made = aws.iam.Role(
        f"{name}-role",
        name=scope.physical("role", role),
        assume_role_policy=trust_policy(taken_by),
        tags=scope.tags,
        opts=pulumi.ResourceOptions(parent=parent),
    )
    for policy in policies:
        aws.iam.RolePolicyAttachment(
            f"{name}-{policy.lower()}",
            role=made.name,
            policy_arn=f"arn:aws:iam::aws:policy/{policy}",
            opts=pulumi.ResourceOptions(parent=parent),
        )
    return made
