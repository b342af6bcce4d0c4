"""Every alarm leads to a page that says what to do, and every page to an alarm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from tests.support.configuration import ROOT
from tests.support.harness import Built, Resource
from tests.support.relations import ALARM, COMPOSITE
from tests.support.runbooks import SECTIONS, pages_in, problems

PAGES = pages_in(ROOT / "docs/runbooks")


@pytest.fixture
def alarms(stacks: Mapping[str, Built], delivery: Built) -> list[Resource]:
    """Those of every stack and of the tools account, composite ones too."""
    return [
        alarm
        for built in (*stacks.values(), delivery)
        for alarm in (*built.of_type(ALARM), *built.of_type(COMPOSITE))
    ]


def test_every_alarm_leads_to_its_runbook_and_every_runbook_to_an_alarm(
    alarms: list[Resource],
) -> None:
    assert list(problems(alarms, PAGES)) == []


def test_an_alarm_without_its_runbook_is_named(alarms: list[Resource]) -> None:
    without = {name: text for name, text in PAGES.items() if name != "dead-letters"}

    assert "there is no docs/runbooks/dead-letters.md" in next(problems(alarms, without))


def test_an_alarm_that_names_none_is_named(alarms: list[Resource]) -> None:
    silent = replace(alarms[0], inputs={"alarmDescription": "Something is wrong."})

    assert "ends with no runbook" in next(problems([silent], {}))


def test_an_alarm_that_its_page_does_not_know_is_named(alarms: list[Resource]) -> None:
    renamed = replace(alarms[0], name="another", inputs={**alarms[0].inputs, "name": "another"})

    assert any(
        said.startswith("another: the symptom of") for said in problems([*alarms, renamed], PAGES)
    )


def test_a_page_that_no_alarm_leads_to_is_named(alarms: list[Resource]) -> None:
    text = PAGES["mesh"]

    assert list(problems(alarms, {**PAGES, "forgotten": text})) == [
        "forgotten.md: no alarm of any stack names it; delete it"
    ]


@pytest.mark.parametrize("section", SECTIONS)
def test_a_page_that_lacks_a_section_is_named(alarms: list[Resource], section: str) -> None:
    broken = PAGES["mesh"].replace(f"**{section}**", section)

    assert any(
        "mesh.md: has the sections" in said for said in problems(alarms, {**PAGES, "mesh": broken})
    )


def test_a_section_that_says_nothing_is_named(alarms: list[Resource]) -> None:
    head, _, _ = PAGES["mesh"].partition("**Over when.**")
    broken = f"{head}**Over when.**\n"

    assert list(problems(alarms, {**PAGES, "mesh": broken})) == [
        "mesh.md: says nothing under Over when.; fill it"
    ]
