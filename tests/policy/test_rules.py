"""Every rule over its fixtures, through the pack as a process."""

from __future__ import annotations

from typing import Any

import pytest

from tests.policy import fixtures
from tests.policy.fixtures import Fixture
from tools.policy import analysis, configuration

CASES = fixtures.fixtures()


@pytest.mark.parametrize("name", sorted(fixtures.RULES))
def test_a_rule_passes_violates_and_does_not_evaluate_as_its_fixtures_say(
    name: str, packs: dict[str, Any]
) -> None:
    cases = [case for case in CASES if case.rule == name]

    assert [
        (case.kind, outcome(packs["prod"], case), case.resources[0].inputs) for case in cases
    ] == [(case.kind, case.outcome, case.resources[0].inputs) for case in cases]


@pytest.mark.parametrize("name", sorted(fixtures.RULES))
def test_no_rule_is_without_fixtures(name: str) -> None:
    entry = fixtures.entries()[name]
    kinds = {case.kind for case in CASES if case.rule == name}

    assert {"passing", "failing"} <= kinds or fixtures.RULES[name].whole_stack
    if "at" in entry:
        assert kinds >= set(fixtures.KINDS)
    else:
        assert {"alone", "without"} & set(entry)


def outcome(pack: Any, case: Fixture) -> str:
    """What the rule said of the fixture's subject."""
    rules = analysis.described(pack)
    if case.settings:
        pack.Configure(configuration.request({case.rule: case.settings}, rules))
    verdict = analysis.judge(pack, case.resources)
    if case.settings:
        pack.Configure(configuration.request({}, rules))
    if any(found.rule == case.rule for found in verdict.violations):
        return fixtures.VIOLATED
    if any(found.rule == case.rule for found in verdict.not_evaluated):
        return fixtures.NOT_EVALUATED
    return fixtures.PASSED
