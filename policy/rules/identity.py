"""Roles, policies and keys: nobody may do more than they do."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from policy.reading import Reader
from policy.rule import ALWAYS, CRITICAL, DOCS, HIGH, MEDIUM, Case, rule
from policy.rules.statements import (
    ATTACHMENTS,
    COMPONENT_INPUT,
    allowed,
    granted,
    is_star,
    managed_policies,
    principals,
    required,
)
from policy.rules.types import KEY, ROLE

_GUIDE = f"{DOCS}IAM/latest/UserGuide/"
_POLICIES = (
    "aws:iam/policy:Policy",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:iam/userPolicy:UserPolicy",
    "aws:iam/groupPolicy:GroupPolicy",
    ROLE,
    *ATTACHMENTS,
)
WITHOUT_RESOURCE = (
    "cloudwatch:GetMetricData",
    "cloudwatch:ListMetrics",
    "cloudwatch:PutMetricData",
    "dynamodb:ListStreams",
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeTags",
    "ec2:DescribeVolumes",
    "ec2:DescribeVpcs",
    "ec2:UnassignPrivateIpAddresses",
    "ecr:GetAuthorizationToken",
    "logs:DescribeLogGroups",
    "servicediscovery:DiscoverInstances",
    "sns:Unsubscribe",
    "sts:GetCallerIdentity",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
)
"""Actions that take no resource, or none that exists when the policy is written (AWS service
authorization reference; Lambda's network interfaces have no name beforehand)."""
ESCALATIONS = (
    "iam:AddUserToGroup",
    "iam:AttachGroupPolicy",
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:CreatePolicyVersion",
    "iam:DeleteRolePermissionsBoundary",
    "iam:PutGroupPolicy",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
    "iam:PutUserPolicy",
    "iam:SetDefaultPolicyVersion",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateLoginProfile",
)
"""Actions by which their holder can become somebody else, whatever else it may do."""
ON_ONE = ("lambda:UpdateFunctionCode", "sts:AssumeRole")
"""Actions by which their holder becomes whatever the resource is, so it must be a certain one."""


@rule(
    *_POLICIES,
    component_input=COMPONENT_INPUT,
    severity=CRITICAL,
    levels=ALWAYS,
    remedy="Name the actions one by one.",
    reference=f"{_GUIDE}best-practices.html#grant-least-privilege",
)
def no_star_actions(case: Case) -> Iterator[str]:
    """A policy allows actions by their names, never by a pattern and never all but some."""
    for statement in granted(case.resource):
        if statement.has("NotAction"):
            yield f"NotAction {statement.one_or_many('NotAction')} allows all other actions"
        for action in statement.one_or_many("Action"):
            if "*" in action or "?" in action:
                yield f"Action {action} is a pattern"


@rule(
    *_POLICIES,
    component_input=COMPONENT_INPUT,
    severity=HIGH,
    levels=ALWAYS,
    remedy="Name the resources, or split off the actions that take none.",
    reference=f"{_GUIDE}best-practices.html#grant-least-privilege",
    actions=WITHOUT_RESOURCE,
)
def no_star_resources(case: Case) -> Iterator[str]:
    """A policy names the resources of its actions, unless they take none."""
    for statement in granted(case.resource):
        if statement.has("NotResource"):
            yield f"NotResource {statement.one_or_many('NotResource')} allows all others"
        stars = [name for name in statement.one_or_many("Resource") if is_star(name)]
        for action in statement.one_or_many("Action"):
            if stars and action not in case.settings["actions"]:
                yield f"Resource {', '.join(stars)} for {action}"


@rule(
    *_POLICIES,
    component_input=COMPONENT_INPUT,
    severity=CRITICAL,
    levels=ALWAYS,
    remedy="Remove the action; pass a role by its ARN and to one service.",
    reference=f"{_GUIDE}access_policies_boundaries.html",
    actions=ESCALATIONS,
    on_one=ON_ONE,
)
def no_privilege_escalation(case: Case) -> Iterator[str]:
    """Nobody can give themselves rights: by changing policies, or by passing any role on."""
    for statement in granted(case.resource):
        actions = statement.one_or_many("Action")
        for path in case.settings["actions"]:
            if _matched(path, actions):
                yield f"{path} lets its holder become somebody else"
        resources = statement.one_or_many("Resource")
        several = [name for name in resources if "*" in name or "?" in name]
        for action in case.settings["on_one"]:
            if several and _matched(action, actions):
                yield f"{action} on {', '.join(several)} lets its holder become any of them"
        if _matched("iam:PassRole", actions) and (several or not _to_one_service(statement)):
            yield "iam:PassRole must name the role, and the service in iam:PassedToService"


@rule(
    *ATTACHMENTS,
    ROLE,
    severity=CRITICAL,
    levels=ALWAYS,
    remedy="Write a policy with what the role needs.",
    reference=f"{DOCS}aws-managed-policy/latest/reference/about-managed-policy-reference.html",
    policies=("AdministratorAccess", "PowerUserAccess", "IAMFullAccess", "*FullAccess"),
)
def no_wide_managed_policy(case: Case) -> Iterator[str]:
    """Nobody has a managed policy that allows everything, or all of one service."""
    for name in managed_policies(case.resource):
        if not name or any(fnmatchcase(name, wide) for wide in case.settings["policies"]):
            yield f"the policy's ARN ends in {name!r}"


@rule(
    ROLE,
    severity=CRITICAL,
    levels=ALWAYS,
    remedy="Name the service or the account that takes the role.",
    reference=f"{_GUIDE}id_roles_create_policy-examples.html",
)
def role_trust_named(case: Case) -> Iterator[str]:
    """A role is taken by those it names, never by everybody."""
    for statement in allowed(case.props.document("assumeRolePolicy")):
        named = [name for kind in _KINDS for name in principals(statement, kind)]
        if not named or "*" in named:
            yield f"Principal is {named}"


@rule(
    ROLE,
    severity=HIGH,
    levels=ALWAYS,
    remedy="Set permissionsBoundary to the policy that bounds the environment's workloads.",
    reference=f"{_GUIDE}access_policies_boundaries.html",
    control_planes=["ec2.amazonaws.com", "eks.amazonaws.com"],
)
def role_boundary(case: Case) -> Iterator[str]:
    """A workload's role can be granted too much by mistake, and still do no more than that."""
    boundary = case.props.text("permissionsBoundary")
    if boundary:
        return
    trusting = allowed(case.props.document("assumeRolePolicy"))
    takers = [taker for statement in trusting for taker in principals(statement, "Service")]
    if not takers or not set(takers) <= set(case.settings["control_planes"]):
        yield f"permissionsBoundary is {boundary}"


@rule(
    KEY,
    severity=MEDIUM,
    levels=ALWAYS,
    remedy="Set enableKeyRotation to true.",
    reference=f"{DOCS}kms/latest/developerguide/rotate-keys.html",
)
def key_rotation(case: Case) -> Iterator[str]:
    """What a stolen key opens ends with the year."""
    spec = case.props.text("customerMasterKeySpec") or "SYMMETRIC_DEFAULT"
    rotated = case.props.flag("enableKeyRotation")
    if spec == "SYMMETRIC_DEFAULT" and not rotated:
        yield f"enableKeyRotation is {rotated}"


_KINDS = ("AWS", "Service", "Federated")


def _to_one_service(statement: Reader) -> bool:
    return bool(required(statement, {"iam:passedtoservice"}))


def _matched(action: str, patterns: list[str]) -> bool:
    return any(fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)
