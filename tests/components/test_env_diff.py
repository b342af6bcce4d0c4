"""dev and prod themselves: everything that differs is explained, and each reason is needed."""

from __future__ import annotations

import pytest

from tools.env_diff import reasons
from tools.env_diff.__main__ import compared
from tools.env_diff.explained import Comparison
from tools.env_diff.reasons import Reason
from tools.policy import recording

STACKS = {name: recording.configuration(name) for name in ("dev", "prod")}
REASONS = reasons.load()


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    """Both stacks, recorded and attributed."""
    return compared(STACKS, REASONS)


def test_every_difference_is_explained(comparison: Comparison) -> None:
    assert comparison.problems == []


def test_a_setting_costs_what_its_resources_cost(comparison: Comparison) -> None:
    by_first = {each.exchange.keys[0]: each for each in comparison.explained}
    reader = by_first["payments:database_readers_count"]
    assert reader.usd.month == pytest.approx(87.60)
    assert [found.resource.name for found in reader.differences] == ["payments-data-reader-1"]
    assert reader.differences[0].usd == reader.usd
    assert comparison.usd.month > 0


def test_every_setting_that_differs_has_one_reason() -> None:
    assert list(reasons.unreasoned(STACKS, REASONS)) == []


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: reason.settings[0])
def test_a_reason_that_is_deleted_is_missed(reason: Reason) -> None:
    left = [each for each in REASONS if each is not reason]
    missed = list(reasons.unreasoned(STACKS, left))
    assert [problem.split(": ")[0] for problem in missed] == sorted(
        reason.settings, key=list(STACKS["prod"]).index
    )


def test_a_setting_that_is_new_is_missed() -> None:
    stacks = {**STACKS, "dev": {**STACKS["dev"], "platform:log_level": "DEBUG"}}
    (problem,) = reasons.unreasoned(stacks, REASONS)
    assert problem.startswith("platform:log_level: dev has 'DEBUG', prod has 'INFO'")


def test_settings_that_become_equal_make_their_reason_stale() -> None:
    price = STACKS["prod"]["edge:price_class"]
    stacks = {**STACKS, "dev": {**STACKS["dev"], "edge:price_class": price}}
    (problem,) = reasons.unreasoned(stacks, REASONS)
    assert problem.startswith("edge:price_class: is 'PriceClass_All' in dev and prod")
