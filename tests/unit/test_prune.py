"""Old versions of functions go; what is called and what is new stays."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from tests.support.properties import repeatable
from tools import prune
from tools.prune import outdated


@pytest.fixture
def lambdas(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield boto3.client("lambda", region_name="eu-west-1")


def code(content: str) -> bytes:
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("job.py", content)
    return zipped.getvalue()


def publish(lambdas: Any, name: str, versions: int) -> None:
    trust = "{}"
    roles = boto3.client("iam", region_name="eu-west-1")
    role = roles.create_role(RoleName=f"{name}-role", AssumeRolePolicyDocument=trust)["Role"]
    lambdas.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=role["Arn"],
        Handler="job.run",
        Code={"ZipFile": code("0")},
    )
    for version in range(1, versions + 1):
        lambdas.update_function_code(FunctionName=name, ZipFile=code(str(version)))
        lambdas.publish_version(FunctionName=name)


def versions_of(lambdas: Any, name: str) -> list[str]:
    listed = lambdas.list_versions_by_function(FunctionName=name)["Versions"]
    return [version["Version"] for version in listed]


@repeatable
@given(st.sets(st.integers(1, 40)), st.sets(st.integers(1, 40)), st.integers(1, 10))
def test_the_newest_and_the_called_are_kept_and_nothing_else(
    published: set[int], called: set[int], keep: int
) -> None:
    gone = outdated(published, called, keep)
    newest = sorted(published)[-keep:]

    assert set(gone) == published - called - set(newest)
    assert gone == sorted(gone)


def test_outdated_versions_of_the_stacks_functions_are_deleted(
    lambdas: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(lambdas, "storefront-dev-job", 5)
    publish(lambdas, "storefront-prod-job", 5)
    lambdas.create_alias(
        FunctionName="storefront-dev-job",
        Name="live",
        FunctionVersion="2",
        RoutingConfig={"AdditionalVersionWeights": {"1": 0.1}},
    )

    assert prune.main(["dev", "--keep", "2"]) == 0

    assert versions_of(lambdas, "storefront-dev-job") == ["$LATEST", "1", "2", "4", "5"]
    assert versions_of(lambdas, "storefront-prod-job") == ["$LATEST", "1", "2", "3", "4", "5"]
    assert capsys.readouterr().out.splitlines() == [
        "deleted storefront-dev-job:3",
        "1 versions of dev deleted, the newest 2 and all called kept",
    ]


def test_keeping_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert prune.main(["dev", "--keep", "0"]) == 1
    assert capsys.readouterr().err == "prune: --keep 0: must be at least 1; the newest serves\n"


def test_without_credentials_one_sentence_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)

    assert prune.main(["dev"]) == 1
    assert capsys.readouterr().err.startswith("prune: 0 versions deleted, then AWS refused: ")
