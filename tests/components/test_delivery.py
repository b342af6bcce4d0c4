"""The tools account: what it holds, who may do what, and what an untrusted build cannot see."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.delivery.access import SERVICES
from components.delivery.foundation import ACCESSES
from tests.support.delivery import (
    PROJECT,
    actions,
    allowed,
    build_delivery,
    environment,
    step,
)
from tests.support.harness import Built
from tests.support.relations import POLICY, ROLE

COUNTS: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "counts_delivery.yaml").read_text()
)
EACH = [(part, counts["each"]) for counts in COUNTS for part in counts["parts"]]
LONG = "tools-that-somebody-gave-a-name-of-sixty-characters-and-more"
NAMES = {
    PROJECT: (255, r"[A-Za-z0-9][\w-]+"),
    ROLE: (64, r"[\w+=,.@-]+"),
    "aws:codepipeline/pipeline:Pipeline": (100, r"[A-Za-z0-9.@_-]+"),
    "aws:codeconnections/connection:Connection": (32, r".+"),
    "aws:codestarnotifications/notificationRule:NotificationRule": (64, r"[A-Za-z0-9 _-]+"),
    "aws:ecr/repository:Repository": (256, r"[a-z0-9][a-z0-9/_.-]+"),
}
IAM_NAMES = {
    "apigatewayv2": "apigateway",
    "appautoscaling": "application-autoscaling",
    "cognito": "cognito-idp",
    "costexplorer": "ce",
    "lb": "elasticloadbalancing",
    "vpc": "ec2",
    "vpclattice": "vpc-lattice",
}
"""Services that the SDK and IAM call by different names."""


@pytest.mark.parametrize(("part", "counts"), EACH)
def test_a_part_registers_exactly_these_resources(
    delivery: Built, part: str, counts: Mapping[str, int]
) -> None:
    assert delivery.under(part).counts() == counts


def test_nothing_stands_outside_the_parts(delivery: Built) -> None:
    top = {found.name for found in delivery if "pulumi:pulumi:Stack::" in found.parent}

    assert top == {part for part, _ in EACH}


def test_a_child_is_named_after_its_parent_and_tagged(delivery: Built) -> None:
    top = {part for part, _ in EACH}
    owned = [found for found in delivery if found.name not in top]

    assert [
        found.name
        for found in owned
        if not found.name.startswith(f"{delivery.at(found.parent).name}-")
    ] == []
    tagged = [found for found in owned if "tags" in found.inputs]
    assert len(tagged) > 90
    assert {frozenset(found.inputs["tags"]) for found in tagged} == {
        frozenset({"project", "environment", "service", "cost-center", "managed-by"})
    }


@pytest.mark.parametrize("name", ["tools", LONG])
def test_every_name_fits_and_stays_apart(name: str) -> None:
    found = [
        (resource.type, str(resource.inputs["name"]))
        for resource in build_delivery(name)
        if resource.type in NAMES
    ]

    for token, given in found:
        limit, alphabet = NAMES[token]
        assert len(given) <= limit, given
        assert re.fullmatch(alphabet, given), given
    assert len(set(found)) == len(found)


def test_the_sdk_warns_of_nothing(delivery: Built) -> None:
    assert delivery.warnings == ()


def test_states_are_versioned_locked_and_kept(delivery: Built) -> None:
    bucket = delivery.named("foundation-state-bucket")
    policy = json.loads(delivery.named("foundation-state-policy").inputs["policy"])["Statement"]
    closed = delivery.named("foundation-state-public-access").inputs

    assert bucket.protected
    assert "forceDestroy" not in bucket.inputs or bucket.inputs["forceDestroy"] is False
    versioning = delivery.named("foundation-state-versioning").inputs
    assert versioning["versioningConfiguration"] == {"status": "Enabled"}
    assert {value for key, value in closed.items() if key.startswith(("block", "ignore"))} == {True}
    assert policy[0]["Effect"] == "Deny"
    assert policy[0]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_a_stage_sees_its_own_folder_of_the_states_alone(delivery: Built) -> None:
    policy = json.loads(delivery.named("foundation-state-policy").inputs["policy"])["Statement"]
    seen = {
        (entry["Principal"]["AWS"].split(":")[4], entry["Resource"].partition("/")[2])
        for entry in policy
        if entry["Effect"] == "Allow" and entry["Action"] != "s3:ListBucket"
    }

    assert seen == {("111111111111", "dev/*"), ("222222222222", "prod/*")}


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_secrets_of_a_stage_are_read_by_its_own_account_alone(delivery: Built, stage: str) -> None:
    key = delivery.named(f"foundation-{stage}-secrets-key")
    others = json.loads(key.inputs["policy"])["Statement"][1:]

    assert [entry["Action"] for entry in others] == [["kms:Decrypt"]]
    assert others[0]["Principal"]["AWS"].split(":")[4] == account(delivery, stage)


@pytest.mark.parametrize("stage", ["dev", "prod"])
@pytest.mark.parametrize(
    ("access", "steps"),
    [("look", ("preview", "smoke", "drift")), ("deploy", ("deploy", "migrate", "release"))],
)
def test_a_role_of_a_stage_is_taken_by_exactly_these_steps(
    delivery: Built, stage: str, access: str, steps: tuple[str, ...]
) -> None:
    role = delivery.named(f"{stage}-access-{access}-role")
    trusted = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
    arn = f"arn:aws:iam::{account(delivery, stage)}:role/{role.inputs['name']}"
    takers = {
        project.name.removeprefix("step-").removesuffix("-project")
        for project in delivery.of_type(PROJECT)
        if environment(project).get("DELIVERY_ROLE") == arn
    }

    assert [statement["Action"] for statement in trusted] == ["sts:AssumeRole"]
    named = trusted[0]["Condition"]["StringEquals"]["aws:PrincipalArn"]
    assert {arn.rpartition("/")[2] for arn in named} == {
        f"storefront-tools-delivery-{stage}-{verb}" for verb in steps
    }
    assert takers == {f"{stage}-{verb}" for verb in steps}


def account(delivery: Built, stage: str) -> str:
    found: list[str] = json.loads(delivery.named(f"{stage}-account").inputs["allowedAccountIds"])
    return found[0]


def test_every_role_is_bounded(delivery: Built) -> None:
    bounds = {
        role.name: role.inputs["permissionsBoundary"].rpartition("/")[2]
        for role in delivery.of_type(ROLE)
    }

    assert set(bounds.values()) == {
        "storefront-tools-delivery-boundary",
        "storefront-dev-delivery-boundary",
        "storefront-prod-delivery-boundary",
    }
    assert {name for name, bound in bounds.items() if "-tools-" not in bound} == {
        f"{stage}-access-{access}-role" for stage in ("dev", "prod") for access in ACCESSES
    }


def test_roles_of_a_stage_are_made_in_its_account(delivery: Built) -> None:
    for stage in ("dev", "prod"):
        made = [found for found in delivery.under(f"{stage}-access") if found.custom]
        assert made
        assert {f"{stage}-account" in found.provider for found in made} == {True}


def test_deploying_reaches_every_service_that_the_shop_is_made_of(
    stacks: Mapping[str, Built],
) -> None:
    used = {
        found.type.split(":")[1].partition("/")[0]
        for stack in ("dev", "prod")
        for found in stacks[stack]
        if found.type.startswith("aws:")
    }

    assert {IAM_NAMES.get(name, name) for name in used} <= set(SERVICES)


UNTRUSTED = ("check", "tests", "engine", "review")


@pytest.mark.parametrize("name", UNTRUSTED)
def test_an_untrusted_build_is_given_files_and_nothing_else(delivery: Built, name: str) -> None:
    project = step(delivery, f"request-{name}")
    resources = {
        resource
        for statement in allowed(delivery, f"step-request-{name}")
        for resource in statement["Resource"]
    }

    assert environment(project) == {}
    assert actions(delivery, f"step-request-{name}") <= {
        *("kms:Decrypt", "kms:GenerateDataKey", "logs:CreateLogStream", "logs:PutLogEvents"),
        *("s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"),
        *("codebuild:BatchPutCodeCoverages", "codebuild:BatchPutTestCases"),
        *("codebuild:CreateReport", "codebuild:CreateReportGroup", "codebuild:UpdateReport"),
    }
    assert not [arn for arn in resources if "-state" in arn or "secrets" in arn or "build-" in arn]
    trusted = {
        delivery.named(f"foundation-{part}").outputs["arn"]
        for part in ("builds-key-key", "artifacts-bucket", "state-bucket", "state-key-key")
    }
    assert not [arn for arn in resources if any(arn.startswith(f"{own}") for own in trusted)]


def test_no_two_steps_share_a_role(delivery: Built) -> None:
    roles = [project.inputs["serviceRole"] for project in delivery.of_type(PROJECT)]

    assert len(set(roles)) == len(roles) == 25


def test_images_are_scanned_never_overwritten_and_pulled_by_the_stages(delivery: Built) -> None:
    repository = delivery.named("images-repository").inputs
    policy = json.loads(delivery.named("images-policy").inputs["policy"])["Statement"]

    assert repository["imageTagMutability"] == "IMMUTABLE"
    assert repository["imageScanningConfiguration"] == {"scanOnPush": True}
    assert [entry["Principal"]["AWS"] for entry in policy] == [
        ["arn:aws:iam::111111111111:root", "arn:aws:iam::222222222222:root"]
    ]
    assert "ecr:PutImage" not in policy[0]["Action"]


def test_only_what_builds_images_pushes_them_and_only_the_tag_writes_the_repository(
    delivery: Built,
) -> None:
    pushing, writing = set(), set()
    for policy in delivery.of_type(POLICY):
        document = policy.inputs["policy"]
        pushing |= {policy.name} if "ecr:PutImage" in document else set()
        writing |= {policy.name} if "GitPush" in document else set()

    assert pushing == {"step-image-policy"}
    assert writing == {"step-tag-policy"}


def test_a_token_makes_the_step_that_comments_and_gives_it_to_no_other() -> None:
    token = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:comments-a1b2c3"  # noqa: S105
    commenting = build_delivery(source__comment_token_arn=token)
    holders = [
        policy.name
        for policy in commenting.of_type(POLICY)
        if token in str(policy.inputs["policy"])
    ]

    assert holders == ["step-comment-policy"]
    comment = commenting.named("pipeline-request-pipeline").inputs["stages"][-1]["actions"][0]
    assert comment["inputArtifacts"] == ["base", "report"]
    assert comment["configuration"]["PrimarySource"] == "base"


def test_people_are_told_by_mail_where_there_is_an_address(delivery: Built) -> None:
    told = build_delivery(delivery__alarm_email="team@example.com")

    assert not [found for found in delivery if found.name == "foundation-alarms-email"]
    assert told.named("foundation-alarms-email").inputs["endpoint"] == "team@example.com"


def test_unprotected_states_go_with_the_stack() -> None:
    open_ = build_delivery(delivery__deletion_protected="false")

    assert [found.name for found in open_ if found.protected] == []
