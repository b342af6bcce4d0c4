"""What the steps of the pipelines do, without an account."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

import packages
from tools.delivery import (
    as_role,
    image,
    migrate,
    package,
    plan,
    preview,
    sbom,
    stack,
)
from tools.delivery.errors import DeliveryError
from tools.delivery.plan import Change

URN = "urn:pulumi:prod::storefront::aws:sqs/queue:Queue::orders-events-queue"
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def told(*steps: dict[str, Any]) -> str:
    return f"warning: using a plugin\n{json.dumps({'steps': steps})}"


def test_a_plan_is_what_would_change() -> None:
    found = plan.changes(
        told(
            {"op": "same", "urn": URN},
            {"op": "update", "urn": URN, "detailedDiff": {"tags.a": {}, "name": {}}},
        )
    )

    assert found == [Change(URN, "update", ("name", "tags.a"))]
    assert plan.read(plan.written(found), "kept") == found


@pytest.mark.parametrize("text", ["", "error: no", '{"config": {}}'])
def test_what_is_no_plan_is_refused(text: str) -> None:
    with pytest.raises(DeliveryError, match="printed no plan"):
        plan.changes(text)


def test_a_plan_that_differs_from_the_approved_one_says_how() -> None:
    approved = [Change(URN, "update", ("name",)), Change(f"{URN}-2", "create", ())]
    now = [Change(URN, "replace", ("name",)), Change(f"{URN}-2", "create", ())]

    assert list(plan.differences(approved, now)) == [
        "not approved: replace orders-events-queue (name)",
        "approved, and no longer so: update orders-events-queue (name)",
    ]
    assert list(plan.differences(now, now)) == []


class FakeStack(stack.Stack):
    """Answers a preview with what it is given."""

    def __init__(self, answer: str) -> None:
        self.answer = answer
        self.asked: list[tuple[str, ...]] = []

    def run(self, *arguments: str, quiet: bool = False) -> str:
        self.asked.append(arguments)
        return self.answer


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> FakeStack:
    fake = FakeStack(told({"op": "update", "urn": URN, "detailedDiff": {"name": {}}}))
    monkeypatch.setattr(preview, "opened", lambda name, packages: fake)
    return fake


def test_a_preview_is_judged_and_kept(answering: FakeStack, tmp_path: Path) -> None:
    (tmp_path / "image.txt").write_text("registry/inventory@sha256:1\n")
    kept = tmp_path / "plan" / "plan.json"

    code = preview.main(["prod", "--plan", str(kept), "--image", str(tmp_path / "image.txt")])

    assert code == 0
    assert plan.read(kept.read_text(), "kept") == [Change(URN, "update", ("name",))]
    assert answering.asked[0][:3] == ("preview", "--json", "--policy-pack")
    assert answering.asked[0][-1] == "inventory:image=registry/inventory@sha256:1"


def test_a_preview_that_was_not_approved_so_stops(
    answering: FakeStack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    approved = tmp_path / "approved.json"
    approved.write_text(plan.written([]))

    code = preview.main(["prod", "--plan", str(tmp_path / "now.json"), "--approved", str(approved)])

    assert code == 1
    assert "not approved: update orders-events-queue (name)" in capsys.readouterr().err


def test_an_approved_plan_that_is_missing_stops(
    answering: FakeStack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = str(tmp_path / "none.json")

    assert preview.main(["prod", "--plan", str(tmp_path / "p.json"), "--approved", missing]) == 1
    assert f"APPROVED={missing} does not exist" in capsys.readouterr().err


def test_a_stack_that_is_not_there_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert preview.main(["staging", "--plan", "plan.json"]) == 1
    assert "STACK='staging' has no Pulumi.staging.yaml; name one of" in capsys.readouterr().err


def test_a_role_is_a_profile_that_renews_its_credentials(tmp_path: Path) -> None:
    assert as_role.profile({}, tmp_path) == {}

    given = {"DELIVERY_ROLE": "arn:aws:iam::1:role/deploy", "CODEBUILD_BUILD_NUMBER": "7"}
    told = as_role.profile(given, tmp_path)

    written = Path(told["AWS_CONFIG_FILE"]).read_text().splitlines()
    assert told["AWS_PROFILE"] == "delivery"
    assert written == [
        "[profile delivery]",
        "role_arn = arn:aws:iam::1:role/deploy",
        "credential_source = EcsContainer",
        "role_session_name = 7",
    ]


def test_a_command_by_a_role_ends_as_the_command_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DELIVERY_ROLE", "arn:aws:iam::1:role/deploy")

    assert as_role.main(["sh", "-c", 'test "$AWS_PROFILE" = delivery && exit 7']) == 7


class Functions:
    """Lambda, as the migration is called."""

    def __init__(self, answer: dict[str, Any] | Exception) -> None:
        self.answer = answer

    def invoke(self, **_: Any) -> dict[str, Any]:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def test_a_migration_says_what_it_did() -> None:
    done = {"Payload": io.BytesIO(b'{"applied": []}')}

    assert migrate.migrate(Functions(done), "dev") == (
        'storefront-dev-payments-migrate: {"applied": []}'
    )


def test_a_migration_that_fails_releases_nothing() -> None:
    failed = {"Payload": io.BytesIO(b'{"errorMessage": "locked"}'), "FunctionError": "Unhandled"}
    refused = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "Invoke")

    with pytest.raises(DeliveryError, match=r"locked.*nothing is released"):
        migrate.migrate(Functions(failed), "dev")
    with pytest.raises(DeliveryError, match=r"could not be called: .*AccessDenied"):
        migrate.migrate(Functions(refused), "dev")


def test_what_is_released_has_a_bill_of_the_hashes_that_were_checked() -> None:
    locks = sbom.locks()
    bill = json.loads(sbom.bill("orders", locks["orders"].read_text()))

    assert set(locks) == {"orders", "payments", "notifications", "relay", "inventory"}
    named = {entry["name"]: entry for entry in bill["components"]}
    assert named["msgspec"]["purl"].startswith("pkg:pypi/msgspec@")
    assert all(entry["hashes"] for entry in bill["components"])
    assert sbom.bill("orders", locks["orders"].read_text()) == json.dumps(bill, indent=1) + "\n"


def test_a_lock_that_pins_nothing_has_no_bill() -> None:
    with pytest.raises(DeliveryError, match="the lock of orders pins nothing"):
        sbom.bill("orders", "# nothing\n")


def test_packages_lie_where_the_program_looks_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = packages.Target(packages.HOST, packages.HOST)
    built = package.build_all(tmp_path, {host})
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    again = [packages.build(service, host) for service in package.services()]

    assert again == built
    assert {found.architecture for found in package.targets()} == {"arm64"}


def test_an_images_tag_follows_what_it_is_made_of(tmp_path: Path) -> None:
    for folder in image.INPUTS:
        (tmp_path / folder).mkdir(parents=True)
    source = tmp_path / image.INPUTS[0] / "api.py"
    source.write_text("one\n")
    first = image.tag(tmp_path)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/page.md").write_text("aside\n")
    assert image.tag(tmp_path) == first

    source.write_text("two\n")
    second = image.tag(tmp_path)
    source.rename(source.with_name("worker.py"))

    assert len({first, second, image.tag(tmp_path)}) == 3


def test_an_image_needs_a_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("IMAGE_REPOSITORY", raising=False)

    assert image.main([str(tmp_path)]) == 1
    assert "IMAGE_REPOSITORY is not set" in capsys.readouterr().err
