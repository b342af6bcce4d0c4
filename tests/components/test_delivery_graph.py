"""The pipelines as a graph: sound as they are, and red for each thing that could be taken away."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.support.delivery import PIPELINE, PROJECT, build_delivery
from tests.support.harness import Built, Resource
from tools.delivery.account import account
from tools.delivery.buildspec import Buildspec, load, parse
from tools.delivery.graph import Graph

SPECS = load()
TOKEN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:comments-a1b2c3"  # noqa: S105
Inputs = dict[str, Any]


def problems(resources: Iterable[Resource], specs: Mapping[str, Buildspec] = SPECS) -> list[str]:
    return Graph(account(resources), specs, "prod").problems()


def changed(built: Built, name: str, change: Callable[[Inputs], None]) -> list[Resource]:
    """The resources, one of them with other inputs."""
    built.named(name)
    found = []
    for resource in built:
        if resource.name == name:
            inputs = json.loads(json.dumps(resource.inputs))
            change(inputs)
            found.append(replace(resource, inputs=inputs))
        else:
            found.append(resource)
    return found


def without(action: str) -> Callable[[Inputs], None]:
    def change(inputs: Inputs) -> None:
        policy = json.loads(inputs["policy"])
        for statement in policy["Statement"]:
            statement["Action"] = [found for found in statement["Action"] if found != action]
        inputs["policy"] = json.dumps(policy)

    return change


def granting(action: str) -> Callable[[Inputs], None]:
    def change(inputs: Inputs) -> None:
        policy = json.loads(inputs["policy"])
        more = {"Sid": "More", "Effect": "Allow", "Action": [action], "Resource": ["*"]}
        inputs["policy"] = json.dumps({**policy, "Statement": [*policy["Statement"], more]})

    return change


def without_stage(name: str) -> Callable[[Inputs], None]:
    def change(inputs: Inputs) -> None:
        inputs["stages"] = [stage for stage in inputs["stages"] if stage["name"] != name]

    return change


def of_action(stage: str, action: str, **new: Any) -> Callable[[Inputs], None]:
    def change(inputs: Inputs) -> None:
        actions = next(found["actions"] for found in inputs["stages"] if found["name"] == stage)
        next(found for found in actions if found["name"] == action).update(new)

    return change


@pytest.mark.parametrize("token", ["", TOKEN])
def test_the_pipelines_are_sound(token: str) -> None:
    built = build_delivery(source__comment_token_arn=token)

    assert len(built.of_type(PIPELINE)) == 8
    assert problems(built) == []


MAIN, ORDERS = "pipeline-main-pipeline", "pipeline-orders-pipeline"
IN_MAIN = "storefront-tools-delivery-main: "


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        (
            "step-prod-deploy-policy",
            without("sts:AssumeRole"),
            "delivery-prod-deploy: may not call sts:AssumeRole, which its steps need",
        ),
        (
            "step-image-policy",
            without("ecr:PutImage"),
            "delivery-image: may not call ecr:PutImage, which its steps need",
        ),
        (
            "step-tests-policy",
            without("codebuild:CreateReport"),
            "delivery-tests: may not call codebuild:CreateReport, which its steps need",
        ),
        (
            "step-check-policy",
            granting("ecr:PutImage"),
            "delivery-check: may call ecr:PutImage, which no step of it needs",
        ),
        (
            "pipeline-main-policy",
            without("codebuild:StartBuild"),
            "delivery-main: may not call codebuild:StartBuild, which its steps need",
        ),
        (
            "pipeline-main-policy",
            granting("codepipeline:PutApprovalResult"),
            "delivery-main: may call codepipeline:PutApprovalResult, which no step of it needs",
        ),
        (MAIN, without_stage("Approve"), f"{IN_MAIN}Up changes prod before any approval"),
        (ORDERS, without_stage("Approve"), "orders: Release changes prod before any approval"),
        (
            MAIN,
            without_stage("DevPreview"),
            f"{IN_MAIN}Up of dev has no judged preview before it",
        ),
        (
            MAIN,
            without_stage("ProdPreview"),
            f"{IN_MAIN}Up of prod is not compared with the plan",
        ),
        (
            MAIN,
            without_stage("Package"),
            f"{IN_MAIN}Preview reads packages, which nothing leaves before it",
        ),
        (
            MAIN,
            of_action("Dev", "Up", inputArtifacts=["source", "packages"]),
            f"{IN_MAIN}deploy.yml names image, which Up is not given",
        ),
        (
            MAIN,
            of_action("Tag", "Tag", inputArtifacts=["source", "report"]),
            f"{IN_MAIN}Tag is given report, which tag.yml never names",
        ),
        (
            MAIN,
            of_action("Test", "Check", outputArtifacts=["checked"]),
            f"{IN_MAIN}Check leaves checked, and check.yml nothing",
        ),
        (
            MAIN,
            of_action("Package", "Image", outputArtifacts=["packages"]),
            f"{IN_MAIN}packages is left more than once; give each its own name",
        ),
    ],
)
def test_what_is_taken_away_or_added_is_told(
    delivery: Built, name: str, change: Callable[[Inputs], None], said: str
) -> None:
    found = problems(changed(delivery, name, change))

    assert any(said in problem for problem in found), found


def test_a_step_that_takes_another_stages_role_is_told(delivery: Built) -> None:
    def to_prod(inputs: Inputs) -> None:
        inputs["policy"] = inputs["policy"].replace("storefront-dev-", "storefront-prod-")

    found = problems(changed(delivery, "step-dev-deploy-policy", to_prod))

    assert found == [
        "storefront-tools-delivery-dev-deploy: takes storefront-prod-delivery-deploy, must take "
        "-dev-delivery-deploy"
    ]


def test_a_pull_requests_code_that_is_told_or_may_more_is_told(delivery: Built) -> None:
    def telling(inputs: Inputs) -> None:
        inputs["environment"]["environmentVariables"] = [{"name": "TOKEN", "value": "secret"}]

    told = problems(changed(delivery, "step-request-tests-project", telling))
    more = granting("secretsmanager:GetSecretValue")
    may = problems(changed(delivery, "step-request-tests-policy", more))

    assert told == [
        "storefront-tools-delivery-request: Tests runs a pull request's code and is told TOKEN"
    ]
    assert (
        "storefront-tools-delivery-request: Tests runs a pull request's code and may "
        "secretsmanager:GetSecretValue"
    ) in may


def test_a_comment_by_the_pull_requests_own_code_is_told() -> None:
    built = build_delivery(source__comment_token_arn=TOKEN)
    by_itself = of_action(
        "Comment",
        "Comment",
        inputArtifacts=["source", "report"],
        configuration={
            "ProjectName": "storefront-tools-delivery-comment",
            "PrimarySource": "source",
        },
    )

    found = problems(changed(built, "pipeline-request-pipeline", by_itself))

    assert any("runs a pull request's code and is told COMMENT_TOKEN" in said for said in found)


def test_a_buildspec_that_deploys_without_a_role_for_it_is_told(delivery: Built) -> None:
    deploying = "version: 0.2\nphases: {build: {commands: [make deploy STACK=prod]}}\n"
    specs = {**SPECS, "check": parse("check", deploying)}

    found = problems(delivery, specs)

    assert "storefront-tools-delivery-main: Check changes prod before any approval" in found
    assert any("delivery-check: may not call sts:AssumeRole" in said for said in found)


def test_every_project_has_a_buildspec_and_every_buildspec_a_project() -> None:
    commenting = build_delivery(source__comment_token_arn=TOKEN)
    used = {
        project.inputs["source"]["buildspec"].removeprefix("delivery/buildspecs/")
        for project in commenting.of_type(PROJECT)
    }

    assert used == {f"{name}.yml" for name in SPECS}
