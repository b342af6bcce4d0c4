"""Roles, policies and keys: nobody may do more than they do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policy.reading import Reader, WrongTypeError
from policy.rule import CRITICAL, MANDATORY, Resource, Stack, rule

ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
POLICY = "aws:iam/policy:Policy"


@rule(
    ROLE_POLICY,
    POLICY,
    severity=CRITICAL,
    remedy="Name the actions one by one.",
    reference="https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege",
    dev=MANDATORY,
    prod=MANDATORY,
)
def no_star_actions(policy: Resource, stack: Stack, settings: Mapping[str, Any]) -> Iterator[str]:
    """A policy allows actions by their names, never by a pattern and never all but some."""
    for statement in allowed(policy.props.document("policy")):
        if statement.has("NotAction"):
            yield f"NotAction {statement.one_or_many('NotAction')} allows all other actions"
        for action in statement.one_or_many("Action"):
            if "*" in action or "?" in action:
                yield f"Action {action} is a pattern"


def statements(document: Reader | None) -> list[Reader]:
    """The statements of a policy document; a single one may stand without a list.

    Raises WrongTypeError for a document without statements, which AWS refuses.
    """
    if document is None:
        raise WrongTypeError("there is no policy document")
    if not document.has("Statement"):
        raise WrongTypeError("the policy document has no Statement")
    return document.one_or_more_parts("Statement")


def allowed(document: Reader | None) -> list[Reader]:
    """The statements that allow something: all but those whose effect is Deny."""
    return [found for found in statements(document) if found.text("Effect") != "Deny"]
