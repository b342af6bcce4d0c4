"""The tools account's stack file is read whole, and checked as the shop's are."""

from __future__ import annotations

import re

import pytest

import settings
from delivery.settings import ToolsSettings, load
from settings import SettingsError
from tests.support.configuration import ROOT, selected, unread, unset
from tests.support.delivery import tools_config

OUTSIDE = {
    "aws:region": ("eu", ""),
    "delivery:project": ("Storefront", "9shop"),
    "delivery:cost_center": ("", "shop tools"),
    "delivery:alarm_email": ("nobody", "a b@example.com"),
    "delivery:log_retention_days": ("0", "2"),
    "delivery:deletion_protected": ("maybe",),
    "keys:rotation_days": ("89", "2561"),
    "keys:deletion_window_days": ("6", "31"),
    "source:repository": ("storefront", "a/b/c"),
    "source:branch": ("", "two words"),
    "source:comment_token_arn": ("ghp_token", "arn:aws:ssm:eu-west-1:1:parameter/a"),
    "artifacts:expire_days": ("6", "3651"),
    "artifacts:noncurrent_days": ("6", "3651"),
    "artifacts:images_kept": ("9", "1001"),
    "builds:image": ("", "An image"),
    "builds:compute": ("BUILD_GENERAL1_XLARGE",),
    "builds:timeout_minutes": ("4", "2161"),
    "builds:queued_minutes": ("4", "481"),
    "pipelines:approval_minutes": ("4", "86401"),
    "pipelines:stuck_minutes": ("4", "100001"),
    "pipelines:drift_schedule": ("at night", "cron()"),
    "pipelines:watch_schedule": ("rate(hourly)",),
    "dev:account_id": ("1", "11111111111a"),
    "dev:admin_role": ("", "arn:aws:iam::1:role/admin"),
    "prod:account_id": ("1",),
    "prod:admin_role": ("",),
}


def problems(**changes: str | None) -> list[str]:
    config = {**tools_config()}
    for name, value in changes.items():
        config.pop(name.replace("__", ":"), None)
        if value is not None:
            config[name.replace("__", ":")] = value
    with selected(config, "tools"), pytest.raises(SettingsError) as error:
        load()
    return error.value.problems


def test_the_stack_file_loads_and_no_key_is_left_over() -> None:
    keys = set(settings.keys(ToolsSettings))

    with selected(tools_config(), "tools"):
        assert load().pipelines.approval_minutes == 2880
    assert unread(tools_config(), keys) == unset(tools_config(), keys) == set()
    assert set(OUTSIDE) == keys


@pytest.mark.parametrize(
    ("key", "value"), [(key, value) for key, values in OUTSIDE.items() for value in values]
)
def test_a_value_past_its_rule_is_refused_with_key_value_and_remedy(key: str, value: str) -> None:
    found = problems(**{key.replace(":", "__"): value})

    assert any(
        said.startswith((f"{key} = {value!r}: ", f"{key} = {value}: "))
        and "pulumi config set" in said
        for said in found
    )


def test_all_problems_are_told_at_once() -> None:
    found = problems(dev__account_id=None, source__branch=None, builds__timeout_minutes="many")

    assert [re.split(" is | = ", said)[0] for said in found] == [
        "source:branch",
        "builds:timeout_minutes",
        "dev:account_id",
    ]


def test_dev_and_prod_may_not_share_an_account() -> None:
    assert problems(prod__account_id="111111111111") == [
        "prod:account_id = '111111111111': must not be dev's, or dev's roles reach prod; give prod "
        "an account of its own"
    ]


def test_a_pipeline_that_waits_for_a_person_is_not_stuck() -> None:
    found = problems(pipelines__stuck_minutes="2939")

    assert found == [
        "pipelines:stuck_minutes = 2939: must be at least 2940, an approval and a build, or a "
        "pipeline that waits for a person counts as stuck; raise it"
    ]


def test_values_are_written_as_pulumi_writes_them() -> None:
    lines = (ROOT / "delivery/Pulumi.tools.yaml").read_text().splitlines()
    values = [line.split(": ", 1)[1] for line in lines if re.match(r" {2}\S+: ", line)]

    assert values
    assert [value for value in values if re.fullmatch(r"-?[0-9.]+|true|false", value)] == []
