"""Policy documents, parsed: what a statement says is never matched as text."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from policy.reading import Reader, WrongTypeError
from policy.rule import Resource
from policy.rules.types import ROLE

COMPONENT_INPUT = "iamStatements"
"""The input of a component that lists the statements of the policies it makes, as far as it knows
them: a policy document is unknown as a whole in a first preview, its actions are not."""
ATTACHMENTS = (
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:iam/policyAttachment:PolicyAttachment",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment",
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
)
"""What gives a managed policy to somebody, by its ARN."""
MANAGED: dict[str, dict[str, Any]] = {
    "AdministratorAccess": {"Effect": "Allow", "Action": "*", "Resource": "*"},
    "IAMFullAccess": {"Effect": "Allow", "Action": "iam:*", "Resource": "*"},
    "PowerUserAccess": {
        "Effect": "Allow",
        "NotAction": ["iam:*", "organizations:*", "account:*"],
        "Resource": "*",
    },
}
"""What AWS's own policies for administrators allow, in short."""
_REQUIRING = {"arnequals", "arnlike", "stringequals", "stringequalsignorecase", "stringlike"}
_ARN = ("arn", "partition", "service", "region", "account", "resource")
_NAME_FIRST = ("execute-api", "s3", "sns", "sqs")
"""Services whose resources are named without a type before the name."""


def statements(document: Reader | None) -> list[Reader]:
    """The statements of a policy document; a single one may stand without a list.

    Raises WrongTypeError for a document without statements, which AWS refuses.
    """
    if document is None:
        raise WrongTypeError("there is no policy document")
    found = document.one_or_more_parts("Statement")
    if not any(list(statement.names()) for statement in found):
        raise WrongTypeError("the policy document has no Statement")
    return found


def allowed(document: Reader | None) -> list[Reader]:
    """The statements that allow something: all but those whose effect is Deny."""
    return [found for found in statements(document) if found.text("Effect") != "Deny"]


def granted(resource: Resource) -> list[Reader]:
    """What an identity policy, a role's own policies, or an AWS policy that it names, allow.

    Of a component that says what its policies will hold: what it says.
    """
    props = resource.props
    if COMPONENT_INPUT in list(props.names()):
        return [found for found in props.parts(COMPONENT_INPUT) if found.text("Effect") != "Deny"]
    named = [Reader(MANAGED[name]) for name in managed_policies(resource) if name in MANAGED]
    if resource.type in ATTACHMENTS:
        return named
    if resource.type != ROLE:
        return allowed(props.document("policy"))
    written = [part.document("policy") for part in props.parts("inlinePolicies")]
    return named + [found for one in written if one is not None for found in allowed(one)]


def managed_policies(resource: Resource) -> list[str]:
    """The names of the managed policies that an attachment or a role names."""
    if resource.type in ATTACHMENTS:
        arns = [resource.props.text("policyArn") or ""]
    else:
        arns = resource.props.texts("managedPolicyArns")
    return [arn.rpartition("/")[2] for arn in arns]


def principals(statement: Reader, kind: str) -> list[str]:
    """The principals of one kind (`AWS`, `Service`); `*` alone stands for everybody."""
    if statement.is_text("Principal"):
        return statement.one_or_many("Principal")
    return statement.part("Principal").one_or_many(kind)


def required(statement: Reader, names: Collection[str]) -> list[list[str]]:
    """The values that the statement's conditions require of keys, whose names are in lower case.

    An operator that a request without the key satisfies, or one that negates, requires nothing.
    """
    blocks = statement.part("Condition")
    return [
        block.one_or_many(key)
        for operator in blocks.names()
        if operator.lower().removeprefix("foranyvalue:") in _REQUIRING
        for block in [blocks.part_named(operator)]
        for key in block.names()
        if key.lower() in names
    ]


def is_source(value: str) -> bool:
    """Whether it names an account, an organization, or a resource of one account or one bucket."""
    if not value.startswith("arn:"):
        return _is_concrete(value)
    account, resource = [*value.split(":", 5), "", "", "", "", ""][4:6]
    return _is_concrete(account or resource.strip("/").partition("/")[0])


def is_star(resource: str) -> bool:
    """Whether a pattern names no resource: `*`, or an ARN with nothing but a type in its last part.

    A pattern that ends before the last part of an ARN covers whatever follows.
    """
    if _is_concrete(resource):
        return False
    parts = resource.split(":", 5)
    if len(parts) < len(_ARN):
        return True
    kind, _, name = parts[-1].replace(":", "/").partition("/")
    return not _is_named(kind if parts[2] in _NAME_FIRST or not name else name)


def _is_concrete(value: str) -> bool:
    return bool(value) and not {"*", "?"} & set(value)


def _is_named(value: str) -> bool:
    return any(map(str.isalnum, value))
