"""A release asks CodeDeploy and ECS, waits, and says what was taken back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from tools.release import __main__ as command
from tools.release import moving
from tools.release.found import FunctionVersions, ServiceRevisions
from tools.release.moving import ReleaseError

HTTP = FunctionVersions(
    name="storefront-dev-orders-http", serving=4, shifting=False, published=(2, 4, 5)
)
API = ServiceRevisions(
    cluster="inventory",
    name="storefront-dev-inventory-api",
    serving="arn:aws:ecs:eu-west-1:1:task-definition/api:9",
    registered=tuple(f"arn:aws:ecs:eu-west-1:1:task-definition/api:{n}" for n in (8, 9, 10)),
)


class Aws:
    """Answers as CodeDeploy and ECS would; each `status` is given once, the last for ever."""

    def __init__(self, *statuses: str, why: str = "") -> None:
        self.asked: list[Mapping[str, Any]] = []
        self._statuses = list(statuses)
        self._why = why

    def __call__(self, service: str) -> Aws:
        return self

    def create_deployment(self, **request: Any) -> dict[str, str]:
        self.asked.append(request)
        return {"deploymentId": f"d-{len(self.asked)}"}

    def get_deployment(self, deploymentId: str) -> dict[str, Any]:  # noqa: N803 - AWS's name
        error = {"errorInformation": {"message": self._why}} if self._why else {}
        return {"deploymentInfo": {"status": self._status(), **error}}

    def list_service_deployments(self, **request: Any) -> dict[str, Any]:
        at = datetime(2026, 11, 25, tzinfo=UTC)
        older = {"status": "SUCCESSFUL", "createdAt": at.replace(day=1)}
        return {
            "serviceDeployments": [
                older,
                {"status": self._status(), "createdAt": at, "statusReason": self._why},
            ]
        }

    def _status(self) -> str:
        return self._statuses.pop(0) if len(self._statuses) > 1 else self._statuses[0]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "_POLL_SECONDS", 0)


def test_codedeploy_is_told_the_alias_both_versions_and_whom_to_ask() -> None:
    aws = Aws("Succeeded")

    shifted = moving.shift(aws, "storefront-dev-release", "hook", HTTP, HTTP.newest)

    (asked,) = aws.asked
    spec = json.loads(asked["revision"]["appSpecContent"]["content"])
    assert (asked["applicationName"], asked["deploymentGroupName"]) == (
        "storefront-dev-release",
        "storefront-dev-orders-http",
    )
    assert spec["Resources"][0]["storefront-dev-orders-http"]["Properties"] == {
        "Name": "storefront-dev-orders-http",
        "Alias": "live",
        "CurrentVersion": "4",
        "TargetVersion": "5",
    }
    assert spec["Hooks"] == [{"BeforeAllowTraffic": "hook"}, {"AfterAllowTraffic": "hook"}]
    assert shifted.deployment == "d-1"


def test_without_a_smoke_test_nobody_is_asked() -> None:
    assert json.loads(moving.app_spec(HTTP, 5, ""))["Hooks"] == []


def test_a_release_waits_until_all_traffic_has_moved() -> None:
    aws = Aws("Created", "InProgress", "Succeeded")
    shifted = moving.shift(aws, "app", "", HTTP, 5)

    assert list(moving.await_shifts(aws, [shifted])) == [
        "storefront-dev-orders-http serves version 5"
    ]


@pytest.mark.parametrize("status", ["Failed", "Stopped"])
def test_a_release_that_is_taken_back_says_why_and_what_to_do(status: str) -> None:
    aws = Aws("InProgress", status, why="One or more alarms have been activated")
    shifted = moving.shift(aws, "app", "", HTTP, 5)

    with pytest.raises(ReleaseError) as error:
        list(moving.await_shifts(aws, [shifted]))

    assert str(error.value) == (
        "storefront-dev-orders-http was taken back from version 5: One or more alarms have been "
        "activated (d-1); see docs/runbooks/release.md"
    )


def test_a_service_is_awaited_by_its_newest_deployment() -> None:
    assert moving.await_service(Aws("PENDING", "IN_PROGRESS", "SUCCESSFUL"), API) == (
        "storefront-dev-inventory-api serves 10"
    )
    with pytest.raises(ReleaseError, match="ROLLBACK_SUCCESSFUL, alarm"):
        moving.await_service(Aws("ROLLBACK_SUCCESSFUL", why="alarm"), API)


def test_what_was_before_is_the_newest_that_is_older() -> None:
    assert HTTP.previous == 2
    assert FunctionVersions(name="f", serving=2, shifting=False, published=(2, 4)).previous is None
    assert API.previous == "arn:aws:ecs:eu-west-1:1:task-definition/api:8"


def test_revisions_are_numbers_and_not_texts() -> None:
    assert API.newest.endswith(":10")


@pytest.mark.parametrize(
    ("flags", "application"), [((), "storefront-dev-release"), (("--at-once",), "")]
)
def test_codedeploy_is_left_out_where_everything_is_to_move_at_once(
    monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...], application: str
) -> None:
    targets: list[command.Target] = []

    def note(target: command.Target) -> list[str]:
        targets.append(target)
        return []

    monkeypatch.setattr(command, "release", note)

    assert command.main(["dev", *flags]) == 0

    (target,) = targets
    assert target.application == application
    assert bool(target.hook) is bool(application)


def test_a_stack_without_a_file_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["staging"]) == 1
    assert "'staging' has no Pulumi.staging.yaml" in capsys.readouterr().err


def test_a_cloud_that_has_ended_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STOREFRONT_CLOUD", "/nowhere/cloud.json")

    assert command.main(["local"]) == 1
    assert "that cloud has ended" in capsys.readouterr().err
