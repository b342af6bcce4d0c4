"""Whatever a resource holds, a rule answers; and a rule that breaks does not let it pass."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy.rule import Case
from tests.policy import direct, fixtures
from tests.policy.fixtures import UNKNOWN
from tools.policy.recording import Registration

ENTRIES = fixtures.entries()
_WORDS = [
    "",
    "*",
    "Allow",
    "{",
    "[]",
    '{"Statement":[{"Action":[["*"]]}]}',
    "arn:aws:sqs:::a",
    UNKNOWN,
]
_LEAVES = (
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.sampled_from(_WORDS) | st.text()
)
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
_RULES = st.sampled_from(sorted(fixtures.RULES))


@st.composite
def broken(draw: st.DrawFn) -> tuple[str, list[Registration]]:
    """A rule and one of its fixtures, in which some property holds anything at all."""
    name = draw(_RULES)
    case = draw(st.sampled_from([case for case in CASES if case.rule == name]))
    resources = [
        replace(found, inputs=changed, outputs=changed)
        for found in case.resources
        for changed in [{**found.inputs, **_drawn(draw, found)}]
    ]
    return name, resources


CASES = fixtures.fixtures()


def _drawn(draw: st.DrawFn, found: Registration) -> dict[str, Any]:
    names = sorted(found.inputs) or ["policy", "tags"]
    return {name: draw(_VALUES) for name in draw(st.lists(st.sampled_from(names), max_size=2))}


@settings(max_examples=400, deadline=None)
@given(broken())
def test_no_property_breaks_a_rule(asked: tuple[str, list[Registration]]) -> None:
    name, resources = asked

    assert direct.outcome(fixtures.RULES[name], resources) in {
        fixtures.VIOLATED,
        fixtures.PASSED,
        fixtures.NOT_EVALUATED,
    }
    assert not any("itself failed" in said for said in direct.said(fixtures.RULES[name], resources))


@pytest.mark.parametrize("name", sorted(fixtures.RULES))
def test_a_rule_that_breaks_is_a_violation_with_its_name(name: str) -> None:
    def breaks(case: Case) -> Iterator[str]:
        yield from ()
        raise ZeroDivisionError("no")

    rule = replace(fixtures.RULES[name], judge=breaks)
    passing = next(case for case in CASES if case.rule == name and case.outcome == fixtures.PASSED)

    said = direct.said(rule, passing.resources)

    assert any(line.startswith(f"{name}: ") and "ZeroDivisionError: no" in line for line in said)
