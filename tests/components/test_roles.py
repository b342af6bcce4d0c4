"""Every role has the boundary, and the boundary is as wide as the roles need and no wider."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.naming import Scope
from tests.support.configuration import ROOT, stack_config
from tests.support.harness import ACCOUNT, REGION, Built
from tests.support.iam import account, allows
from tests.support.relations import POLICY, ROLE, statements

MANAGED_POLICY_CHARACTERS = 6_144
_TELEPHONE = "+41790000000"
_WORDS = st.from_regex(r"[a-z][a-z0-9]{0,70}(-[a-z0-9]{1,9}){0,2}", fullmatch=True)


def boundary(built: Built) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(built.named("boundary-policy").inputs["policy"])
    return document


def inside(built: Built, action: str, resource: str) -> bool:
    context = {"aws:PrincipalAccount": ACCOUNT, "aws:ResourceAccount": account(resource) or ACCOUNT}
    if action == "kms:CreateGrant":
        context["kms:GrantIsForAWSResource"] = "true"
    for alias in built.of_type("aws:kms/alias:Alias"):
        if resource.endswith(f":key/{alias.inputs['targetKeyId']}"):
            context["kms:ResourceAliases"] = alias.inputs["name"]
    return allows(boundary(built), action, resource, context)


def requests(built: Built) -> Iterator[tuple[str, str, str]]:
    """Each policy's name with each action it allows, on each resource it allows it on.

    The answers of the harness are of one region, whatever the stack's is.
    """
    environment = built.named("boundary-policy").inputs["tags"]["environment"]
    region = stack_config(environment)["aws:region"]
    for policy in built.of_type(POLICY):
        for statement in statements(policy):
            for action in statement["Action"]:
                for resource in statement.get("Resource", [_TELEPHONE]):
                    yield policy.name, action, resource.replace(f":{REGION}:", f":{region}:")


def test_every_role_has_the_boundary(shop: Built) -> None:
    arn = shop.named("boundary-policy").outputs["arn"]

    without = [
        role.name for role in shop.of_type(ROLE) if role.inputs.get("permissionsBoundary") != arn
    ]
    assert without == [], "make roles with blocks.roles.create_role"


def test_roles_and_their_policies_are_made_in_one_place() -> None:
    made = {
        path.name
        for path in (ROOT / "components").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).endswith(("iam.Role", "iam.RolePolicy"))
    }

    assert made == {"roles.py"}


def test_everything_granted_is_inside_the_boundary(shop: Built) -> None:
    outside = [request for request in requests(shop) if not inside(shop, *request[1:])]

    assert outside == [], "allow the action in components/blocks/boundary.py"


def test_the_boundary_allows_no_action_that_no_role_has(stacks: Mapping[str, Built]) -> None:
    used = {action for built in stacks.values() for _, action, _ in requests(built)}
    allowed = {
        action
        for statement in boundary(stacks["prod"])["Statement"]
        if statement["Effect"] == "Allow"
        for action in statement["Action"]
    }

    assert allowed == used, "take it out of components/blocks/boundary.py"


@pytest.mark.parametrize("lent", [{}, {"kms:GrantIsForAWSResource": "false"}])
def test_a_key_is_lent_to_aws_services_alone(
    stacks: Mapping[str, Built], lent: dict[str, str]
) -> None:
    prod = stacks["prod"]
    alias = prod.named("vault-alias").inputs
    region = stack_config("prod")["aws:region"]
    key = f"arn:aws:kms:{region}:{ACCOUNT}:key/{alias['targetKeyId']}"
    context = {
        "aws:PrincipalAccount": ACCOUNT,
        "aws:ResourceAccount": ACCOUNT,
        "kms:ResourceAliases": alias["name"],
    }

    assert inside(prod, "kms:CreateGrant", key)
    assert not allows(boundary(prod), "kms:CreateGrant", key, {**context, **lent})


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("iam:PassRole", "arn:aws:iam::{account}:role/storefront-dev-orders-http"),
        ("iam:CreateRole", "*"),
        ("sts:AssumeRole", "arn:aws:iam::{account}:role/admin"),
        ("kms:ScheduleKeyDeletion", "arn:aws:kms:{region}:{account}:key/1"),
        ("kms:PutKeyPolicy", "arn:aws:kms:{region}:{account}:key/1"),
        ("kms:Decrypt", "arn:aws:kms:{region}:{account}:key/of-somebody-else"),
        ("dynamodb:DeleteTable", "arn:aws:dynamodb:{region}:{account}:table/storefront-dev-orders"),
        ("dynamodb:GetItem", "arn:aws:dynamodb:{region}:{account}:table/storefront-prod-orders"),
        ("dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:{account}:table/storefront-dev-orders"),
        ("dynamodb:GetItem", "arn:aws:dynamodb:{region}:999999999999:table/storefront-dev-orders"),
        ("sqs:SendMessage", "arn:aws:sqs:{region}:{account}:of-somebody-else"),
        ("sqs:DeleteQueue", "arn:aws:sqs:{region}:{account}:storefront-dev-orders-events"),
        ("sns:Publish", "arn:aws:sns:{region}:{account}:of-somebody-else"),
        ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:{region}:{account}:secret:other"),
        ("lambda:InvokeFunction", "arn:aws:lambda:{region}:{account}:function:of-somebody-else"),
        ("s3:GetObject", "arn:aws:s3:::of-somebody-else/object"),
    ],
)
def test_what_no_workload_may_ever_do_is_outside_the_boundary(
    dev: Built, action: str, resource: str
) -> None:
    assert not inside(dev, action, resource.format(region=REGION, account=ACCOUNT))


def test_what_is_never_allowed_is_denied_outright(shop: Built) -> None:
    denied = [entry for entry in boundary(shop)["Statement"] if entry["Effect"] == "Deny"]

    assert [entry["Resource"] for entry in denied] == [["*"], ["*"]]
    assert {"iam:*", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "sts:AssumeRole"} <= {
        action for entry in denied for action in entry["Action"]
    }


def test_the_boundary_is_no_longer_than_iam_takes(shop: Built) -> None:
    document = json.dumps(boundary(shop), separators=(",", ":"))

    assert len(document) <= MANAGED_POLICY_CHARACTERS


@given(_WORDS, _WORDS, st.sampled_from(["function", "queue", "role", "table", "topic"]))
def test_every_name_of_an_environment_matches_its_pattern_however_long(
    environment: str, service: str, kind: str
) -> None:
    scope = Scope(project="storefront", environment=environment, cost_center="c", service=service)
    pattern = scope.pattern(kind)

    assert pattern.endswith("*")
    assert scope.physical(kind, "events").startswith(pattern.removesuffix("*"))
