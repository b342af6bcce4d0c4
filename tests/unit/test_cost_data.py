"""The files that costs stand on: every price with its source, every reason."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from pathlib import Path

import pytest

from tools.cost import baseline, prices
from tools.cost.__main__ import STACKS, priced
from tools.cost.estimate import Estimate
from tools.cost.graph import Line
from tools.cost.prices import PRICES, TYPES, PriceError


@pytest.fixture(scope="module", params=STACKS)
def stack(request: pytest.FixtureRequest) -> Estimate:
    """A cloud stack as its program registers it, priced."""
    return priced(request.param)


def test_every_resource_of_a_stack_has_a_price_or_a_reason(stack: Estimate) -> None:
    assert stack.fixed_usd > 0
    assert stack.variable_usd > 0


def test_no_stack_costs_much_more_than_somebody_gave_a_reason_for(stack: Estimate) -> None:
    assert baseline.rises(stack, baseline.load()) == []


def without(path: Path, text: str, directory: Path) -> Path:
    """The file without a text, in another directory."""
    content = path.read_text()
    assert text in content
    changed = directory / path.name
    changed.write_text(content.replace(text, "", 1))
    return changed


def test_a_reason_that_is_deleted_is_missed(tmp_path: Path) -> None:
    kinds = without(TYPES, "IAM costs nothing", tmp_path)
    with pytest.raises(PriceError, match=r"aws:iam/policy:Policy must say why it is free"):
        prices.load(types=kinds)
    reason = tomllib.loads(baseline.BASELINE.read_text())["baseline"][0]["reason"]
    with pytest.raises(PriceError, match="entry 1 must give the reason"):
        baseline.load(without(baseline.BASELINE, reason, tmp_path))


def test_a_source_or_a_date_that_is_deleted_is_missed(tmp_path: Path) -> None:
    with pytest.raises(PriceError, match=r"'lambda-requests'.*missing.*'date'"):
        prices.load(without(PRICES, "date = 2026-11-25\n", tmp_path))
    source = tomllib.loads(PRICES.read_text())["price"][0]["source"]
    with pytest.raises(PriceError, match="'lambda-requests' must have"):
        prices.load(without(PRICES, source, tmp_path))


def test_a_price_that_is_deleted_is_missed(tmp_path: Path) -> None:
    table = prices.load()
    for name, region in table.prices:
        rest = {key: price for key, price in table.prices.items() if key != (name, region)}
        with pytest.raises(PriceError, match=name):
            dataclasses.replace(table, prices=rest).price(name, region)


def test_every_price_and_habit_is_used_and_none_is_missing() -> None:
    """One that is deleted changes the count; one that nothing needs any more is told."""
    table = prices.load()
    code = "".join(path.read_text() for path in Path(prices.__file__).parent.glob("*.py"))
    made = {
        *(f"fargate-{chip}-{unit}-hours" for chip in ("arm64", "x86") for unit in ("vcpu", "gb")),
        *(f"lambda-{chip}-gb-seconds" for chip in ("arm64", "x86")),
        *(name for names in table.by_use.values() for name in names),
    }

    assert [name for name, _ in table.prices if f'"{name}"' not in code and name not in made] == []
    assert len(table.prices) == 52
    assert set(table.habits) == set(re.findall(r'habit\("([a-z-]+)"\)', code))


def test_a_rise_of_more_than_a_tenth_is_told_with_the_remedy() -> None:
    price = prices.load().price("kms-key", "us-east-1")
    dear = Line(resource="use", urn="", type="", owner="", price=price, quantity=111.0)

    def costing(usd: float) -> Estimate:
        line = Line(resource="key", urn="", type="", owner="", price=price, quantity=usd)
        return Estimate(stack="dev", region="us-east-1", fixed=[line], variable=[dear])

    known = dataclasses.replace(baseline.load()[0], stack="dev", fixed=100.0, per_million=100.0)

    orders = "a million orders costs $111.00; it was $100.00"
    month = "a month costs $110.01; it was $100.00"
    assert [orders in told for told in baseline.rises(costing(110.0), [known])] == [True]
    assert [month in told for told in baseline.rises(costing(110.01), [known])] == [True, False]
    assert "has no entry" in baseline.rises(costing(1), [])[0]
