"""The pack over our own stacks."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

from tests.policy.conftest import Stacks
from tools.policy import analysis
from tools.policy.recording import Registration


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_no_stack_violates_a_mandatory_rule(
    stack: str, stacks: Stacks, packs: dict[str, Any]
) -> None:
    assert analysis.judge(packs[stack], stacks[stack]).failures == []


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_a_queue_without_its_dead_letter_queue_is_named(
    stack: str, stacks: Stacks, packs: dict[str, Any]
) -> None:
    broken = [_without(found, "redrivePolicy") for found in stacks[stack]]

    failures = analysis.judge(packs[stack], broken).failures

    assert {(found.rule, found.resource.rpartition("::")[2]) for found in failures} >= {
        ("queue-dead-letters", f"{service}-events-queue")
        for service in ("orders", "payments", "inventory", "notifications")
    }
    assert all("redrivePolicy" in found.message for found in failures)


def _without(found: Registration, name: str) -> Registration:
    inputs, outputs = copy.deepcopy(found.inputs), copy.deepcopy(found.outputs)
    inputs.pop(name, None)
    outputs.pop(name, None)
    depends_on = {key: urns for key, urns in found.depends_on.items() if key != name}
    return replace(found, inputs=inputs, outputs=outputs, depends_on=depends_on)
