"""Buildspecs call make targets that exist, and nothing else."""

from __future__ import annotations

import pytest

from tests.support.configuration import ROOT
from tools.delivery import picture
from tools.delivery.buildspec import call, load, missing_targets, parse
from tools.delivery.errors import DeliveryError
from tools.delivery.graph import CALLS

MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
AWAITED = {"report"}
"""Targets that another part of the repository brings."""


def built(*commands: str) -> str:
    listed = "".join(f"\n      - {command}" for command in commands)
    return f"version: 0.2\nphases:\n  build:\n    commands:{listed}\n"


def test_every_command_of_every_buildspec_is_a_target_that_exists() -> None:
    missing = list(missing_targets(load(), MAKEFILE))

    assert {said.split("make ")[1].split(":")[0] for said in missing} <= AWAITED


def test_a_target_that_is_missing_is_named() -> None:
    specs = {"check": parse("check", built("make chekc"))}

    assert list(missing_targets(specs, MAKEFILE)) == [
        "check.yml: make chekc: there is no such target in the Makefile"
    ]


def test_what_every_target_calls_is_written_down_and_nothing_else() -> None:
    called = {call(command)[0] for spec in load().values() for command in spec.commands}

    assert called == set(CALLS)


@pytest.mark.parametrize(
    "command", ["pulumi up --yes", "make", "make -C elsewhere check", "make A=1 check", "cd x"]
)
def test_a_command_that_is_no_make_target_is_refused(command: str) -> None:
    with pytest.raises(DeliveryError, match="a buildspec calls make targets alone"):
        call(command)


def test_a_command_is_its_target_and_variables() -> None:
    assert call('make report BASE="$(make --silent last-release)" HEAD=HEAD') == (
        "report",
        {"BASE": "$(make --silent last-release)", "HEAD": "HEAD"},
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (built("make check").replace("0.2", "0.1"), "version is 0.1, must be 0.2"),
        (built("make check").replace("build:", "bulid:"), "unknown phase bulid"),
        (f"{built('make check')}proxy: {{}}\n", "unknown proxy; remove it"),
    ],
)
def test_what_codebuild_does_not_know_is_refused(text: str, said: str) -> None:
    with pytest.raises(DeliveryError, match=said):
        parse("odd", text)


def test_artifacts_are_needed_unless_their_use_says_otherwise() -> None:
    spec = load()["preview"]

    assert spec.inputs(optional=True) == {"image", "packages", "plan"}
    assert spec.inputs(optional=False) == {"image", "packages"}


def test_the_picture_in_the_docs_is_the_pipeline_of_the_code() -> None:
    text = picture.PAGE.read_text("utf-8")

    assert picture.page(text) == text, "run python -m tools.delivery.picture --write"
    assert picture.page(text.replace("Approve", "Agree")) == text
