"""The fixtures notice every way in which a rule can be a little wrong."""

from __future__ import annotations

import pytest

from policy.rule import Rule
from tests.policy import direct, fixtures
from tests.policy.levels import LEVELS
from tests.policy.mutants import Mutant, mutants

CASES = fixtures.fixtures()
ENTRIES = fixtures.entries()
MUTANTS = [
    mutant for name, rule in fixtures.RULES.items() for mutant in mutants(rule, ENTRIES[name])
]


@pytest.mark.parametrize("name", sorted(fixtures.RULES))
def test_a_rule_stands_and_its_mutants_fall(name: str) -> None:
    made = [mutant for mutant in MUTANTS if mutant.rule.name == name]
    survivors = [mutant.change for mutant in made if not noticed(mutant)]

    assert _as_expected(fixtures.RULES[name])
    assert survivors == []


def noticed(mutant: Mutant) -> bool:
    """Whether some fixture, or the reviewed levels, tell the mutant from the rule."""
    return not _as_expected(mutant.rule)


def _as_expected(rule: Rule) -> bool:
    if tuple(level.value for level in rule.levels) != LEVELS[rule.name]:
        return False
    return all(
        direct.outcome(rule, case.resources, case.settings) == case.outcome
        for case in CASES
        if case.rule == rule.name
    )
