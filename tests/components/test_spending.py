"""Who hears when an environment spends more than it should."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from tests.support.configuration import stack_config
from tests.support.harness import Built

IN_CLOUD = pytest.mark.parametrize("stack", ["dev", "prod"])


@IN_CLOUD
def test_the_months_limit_and_its_address_are_the_settings(
    stacks: Mapping[str, Built], stack: str
) -> None:
    budget, config = stacks[stack].named("spending-budget").inputs, stack_config(stack)

    assert (budget["limitAmount"], budget["limitUnit"], budget["timeUnit"]) == (
        config["spending:monthly_limit_usd"],
        "USD",
        "MONTHLY",
    )
    assert budget["costFilters"] == [
        {"name": "TagKeyValue", "values": [f"user:environment${stack}"]}
    ]
    warned = {
        (each["notificationType"], each["threshold"], *each["subscriberEmailAddresses"])
        for each in budget["notifications"]
    }
    address = config["spending:email"]
    assert warned == {
        ("ACTUAL", 80, address),
        ("ACTUAL", 100, address),
        ("FORECASTED", 100, address),
    }


@IN_CLOUD
def test_costs_that_nobody_expected_are_told_from_an_amount_on(
    stacks: Mapping[str, Built], stack: str
) -> None:
    built, config = stacks[stack], stack_config(stack)
    monitor, told = built.named("spending-monitor"), built.named("spending-subscription").inputs

    assert json.loads(monitor.inputs["monitorSpecification"]) == {
        "Tags": {"Key": "environment", "Values": [stack]}
    }
    assert told["monitorArnLists"] == [monitor.outputs["arn"]]
    assert told["subscribers"] == [{"type": "EMAIL", "address": config["spending:email"]}]
    assert told["thresholdExpression"]["dimension"]["values"] == [config["spending:anomaly_usd"]]


def test_a_laptop_spends_nothing(stacks: Mapping[str, Built]) -> None:
    assert not [found for found in stacks["local"] if found.name.startswith("spending")]
