"""What is backed up, how long it is kept, and who may let it go."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from components.blocks.table_scaling import Capacity
from tests.support import harness
from tests.support.blocks import table
from tests.support.configuration import stack_config
from tests.support.harness import Built
from tests.support.relations import TABLE

CLUSTER = "aws:rds/cluster:Cluster"
IN_CLOUD = pytest.mark.parametrize("stack", ["dev", "prod"])
TARGET = "aws:appautoscaling/target:Target"
SCALING = "aws:appautoscaling/policy:Policy"


@IN_CLOUD
def test_every_table_and_cluster_is_backed_up(stacks: Mapping[str, Built], stack: str) -> None:
    built = stacks[stack]
    holding = [*built.of_type(TABLE), *built.of_type(CLUSTER)]

    assert sorted(built.named("backups-selection").inputs["resources"]) == sorted(
        resource.outputs["arn"] for resource in holding
    )


@IN_CLOUD
def test_backups_are_kept_as_configured(stacks: Mapping[str, Built], stack: str) -> None:
    built, config = stacks[stack], stack_config(stack)
    vault = built.named("backups-vault").inputs
    rules = {rule["ruleName"]: rule for rule in built.named("backups-plan").inputs["rules"]}
    cold_after = int(config["backups:weekly_cold_after_days"])
    cold = {"coldStorageAfter": cold_after} if cold_after else {}

    assert {rule["targetVaultName"] for rule in rules.values()} == {vault["name"]}
    assert rules["daily"]["lifecycle"] == {"deleteAfter": int(config["backups:daily_days"])}
    assert rules["weekly"]["lifecycle"] == {
        "deleteAfter": int(config["backups:weekly_days"]),
        **cold,
    }
    assert all(rule["schedule"].startswith("cron(") for rule in rules.values())
    assert built.named("backups-selection").inputs["planId"] == "storefront-" + stack + "-backups"


def test_prods_vault_is_locked_so_that_its_owner_can_still_lift_the_lock(
    stacks: Mapping[str, Built],
) -> None:
    prod = stacks["prod"]
    lock = prod.named("backups-lock").inputs

    assert lock["backupVaultName"] == prod.named("backups-vault").inputs["name"]
    assert (lock["minRetentionDays"], lock["maxRetentionDays"]) == (35, 365)
    assert "changeableForDays" not in lock, "that would be compliance mode, for ever"
    assert prod.named("backups-vault").inputs["forceDestroy"] is False
    assert prod.named("backups-vault").protected


def test_devs_vault_goes_with_the_stack(stacks: Mapping[str, Built]) -> None:
    vault = stacks["dev"].named("backups-vault")

    assert vault.inputs["forceDestroy"] is True
    assert not vault.protected


@IN_CLOUD
def test_a_failed_and_a_late_backup_raise_an_alarm(stacks: Mapping[str, Built], stack: str) -> None:
    built = stacks[stack]
    for role, metric in (
        ("failed", "NumberOfBackupJobsFailed"),
        ("expired", "NumberOfBackupJobsExpired"),
    ):
        alarm = built.named(f"backups-jobs-{role}").inputs
        assert (alarm["namespace"], alarm["metricName"]) == ("AWS/Backup", metric)
        assert alarm["dimensions"] == {
            "BackupVaultName": built.named("backups-vault").inputs["name"]
        }
        assert alarm["threshold"] == 0
        assert alarm["alarmActions"] == [built.named("alarms-topic").outputs["arn"]]


def test_a_provisioned_table_and_each_of_its_indexes_follow_their_use() -> None:
    capacity = Capacity(min_units=2, max_units=50, target_percent=70)
    built = harness.build(lambda: table(streamed=True, capacity=capacity))
    inputs = built.named("data-table").inputs
    (index,) = inputs["globalSecondaryIndexes"]
    scaled = {
        (target.inputs["resourceId"], target.inputs["scalableDimension"])
        for target in built.of_type(TARGET)
    }
    name = inputs["name"]

    assert inputs["billingMode"] == "PROVISIONED"
    assert {inputs[key] for key in ("readCapacity", "writeCapacity")} == {2}
    assert {index[key] for key in ("readCapacity", "writeCapacity")} == {2}
    assert scaled == {
        (f"table/{name}", "dynamodb:table:ReadCapacityUnits"),
        (f"table/{name}", "dynamodb:table:WriteCapacityUnits"),
        (f"table/{name}/index/unpublished", "dynamodb:index:ReadCapacityUnits"),
        (f"table/{name}/index/unpublished", "dynamodb:index:WriteCapacityUnits"),
    }
    for target in built.of_type(TARGET):
        assert (target.inputs["minCapacity"], target.inputs["maxCapacity"]) == (2, 50)


def test_each_target_has_one_policy_that_aims_at_the_configured_use() -> None:
    capacity = Capacity(min_units=2, max_units=50, target_percent=70)
    built = harness.build(lambda: table(streamed=True, capacity=capacity))
    keys = ("resourceId", "scalableDimension", "serviceNamespace")
    targets = [tuple(target.inputs[key] for key in keys) for target in built.of_type(TARGET)]
    policies = [tuple(policy.inputs[key] for key in keys) for policy in built.of_type(SCALING)]

    assert sorted(policies) == sorted(targets)
    for policy in built.of_type(SCALING):
        aim = policy.inputs["targetTrackingScalingPolicyConfiguration"]
        kind = "Read" if "Read" in policy.inputs["scalableDimension"] else "Write"
        assert aim["targetValue"] == 70
        assert aim["predefinedMetricSpecification"] == {
            "predefinedMetricType": f"DynamoDB{kind}CapacityUtilization"
        }


def test_a_service_is_provisioned_by_its_own_setting(ready_packages: None) -> None:
    built = harness.build_stack("prod", orders__table_billing="provisioned")
    modes = {
        found.inputs["tags"]["service"]: found.inputs["billingMode"]
        for found in built.of_type(TABLE)
    }

    assert modes.pop("orders") == "PROVISIONED"
    assert set(modes.values()) == {"PAY_PER_REQUEST"}
    assert len(built.under("orders").of_type(TARGET)) == 2 * (1 + 3)
