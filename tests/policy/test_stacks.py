"""The pack over our own stacks."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from policy import exemptions
from tests.policy.conftest import Stacks
from tools.policy import analysis, report
from tools.policy.__main__ import judged
from tools.policy.recording import Registration

pytestmark = pytest.mark.xdist_group("recorded")


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_no_stack_violates_a_mandatory_rule(
    stack: str, stacks: Stacks, packs: dict[str, Any]
) -> None:
    assert analysis.judge(packs[stack], stacks[stack]).failures == []


def test_the_tools_account_is_judged_by_the_levels_of_prod_with_exemptions_of_its_own() -> None:
    found = judged("tools")

    assert found.verdict.failures == []
    assert {entry.resource.rpartition("::")[2] for entry in found.verdict.exempt} == {
        *("dev-access-boundary-policy", "dev-access-deploy-policy"),
        *("prod-access-boundary-policy", "prod-access-deploy-policy"),
        *("schedule-drift-target", "schedule-watch-target", "foundation-boundary-policy"),
    }


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
    assert all(
        "redrivePolicy" in found.message for found in failures if found.rule == "queue-dead-letters"
    )


_BREAKS: dict[str, tuple[str, dict[str, Any]]] = {
    "no-open-ingress": (
        "network-inventory-tasks-from-inventory-balancer-8080",
        {"cidrIpv4": "0.0.0.0/0", "fromPort": 8080, "toPort": 8080},
    ),
    "no-star-actions": (
        "orders-http-policy",
        {
            "policy": json.dumps(
                {"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "a"}]}
            )
        },
    ),
    "table-point-in-time-recovery": ("orders-data-table", {"pointInTimeRecovery": None}),
    "required-tags": ("payments-events-queue", {"tags": {"project": "storefront"}}),
}


@pytest.mark.parametrize("rule", sorted(_BREAKS))
@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_a_broken_component_fails_with_rule_resource_and_remedy(
    stack: str, rule: str, stacks: Stacks, packs: dict[str, Any]
) -> None:
    name, change = _BREAKS[rule]
    broken = [
        replace(found, inputs={**found.inputs, **change}) if found.name == name else found
        for found in stacks[stack]
    ]

    failures = analysis.judge(packs[stack], broken).failures

    assert [(one.rule, one.resource.rpartition("::")[2]) for one in failures] == [(rule, name)]
    (described,) = [one for one in analysis.described(packs[stack]) if one.name == rule]
    assert described.remediation_steps in failures[0].message


def test_a_report_counts_every_check_once(stacks: Stacks, packs: dict[str, Any]) -> None:
    rules = analysis.described(packs["prod"])
    found = report.report(
        "prod", rules, stacks["prod"], analysis.judge(packs["prod"], stacks["prod"])
    )

    assert [row.rule for row in found.rows] == [rule.name for rule in rules]
    for row in found.rows:
        assert row.checked == row.passed + row.violated + row.not_evaluated + row.exempt
    assert sum(row.exempt for row in found.rows) == len(exemptions.load().entries)
    assert not found.failed


def test_a_report_shows_configured_levels_and_counts_nothing_for_disabled_rules(
    tmp_path: Path,
) -> None:
    config = tmp_path / "config.json"
    config.write_text('{"all": "disabled", "queue-encrypted": "advisory"}')

    found = judged("dev", config)

    levels = {row.rule: row.level for row in found.rows}
    assert levels.pop("queue-encrypted") == "advisory"
    assert set(levels.values()) == {"disabled"}
    counted = {row.rule: (row.checked, row.passed) for row in found.rows if row.checked}
    assert list(counted) == ["queue-encrypted"]
    assert not found.failed


def test_every_format_names_what_is_wrong(stacks: Stacks, packs: dict[str, Any]) -> None:
    broken = [
        _without(_without(found, "redrivePolicy"), "kmsMasterKeyId") for found in stacks["dev"]
    ]
    verdict = analysis.judge(packs["dev"], broken)
    found = report.report("dev", analysis.described(packs["dev"]), broken, verdict)

    for write in report.FORMATS.values():
        text = write([found])
        assert "queue-dead-letters" in text
        assert "orders-events-queue" in text
    sarif = json.loads(report.as_sarif([found]))["runs"][0]
    assert {result["ruleId"] for result in sarif["results"]} <= {
        rule["id"] for rule in sarif["tool"]["driver"]["rules"]
    }
    assert {"error", "warning"} == {result["level"] for result in sarif["results"]}
    assert json.loads(report.as_json([found]))["dev"]["failed"] is True


def _without(found: Registration, name: str) -> Registration:
    inputs, outputs = copy.deepcopy(found.inputs), copy.deepcopy(found.outputs)
    inputs.pop(name, None)
    outputs.pop(name, None)
    depends_on = {key: urns for key, urns in found.depends_on.items() if key != name}
    return replace(found, inputs=inputs, outputs=outputs, depends_on=depends_on)
