"""AWS Backup: vaults, plans and what they back up. The emulator keeps them and backs up nothing."""

from __future__ import annotations

from typing import Any

from local.resources.base import Cloud, Properties
from local.resources.lifecycle import Lifecycle, physical_name
from local.resources.shapes import Api


class Vault(Lifecycle):
    """Where backups are kept; its id is its name."""

    handles = "aws:backup/vault:Vault"
    replace_on = frozenset({"name", "kmsKeyArn"})
    tags_by = "arn"
    api = Api(
        "backup",
        renamed={
            "name": "BackupVaultName",
            "kmsKeyArn": "EncryptionKeyArn",
            "tags": "BackupVaultTags",
        },
        provider_only=frozenset({"forceDestroy"}),
    )

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        vault = physical_name(name, inputs)
        self.api.call(cloud, "CreateBackupVault", {**inputs, "name": vault})
        return vault

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        found = cloud.client("backup").describe_backup_vault(BackupVaultName=id)
        return {
            "name": id,
            "arn": found["BackupVaultArn"],
            "recoveryPoints": str(found["NumberOfRecoveryPoints"]),
        }

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`; only tags and the provider's own flag can change."""

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("backup").delete_backup_vault(BackupVaultName=id)


class Plan(Lifecycle):
    """When what is backed up and how long it is kept; its id is AWS's own."""

    handles = "aws:backup/plan:Plan"
    tags_by = "arn"
    unsettled = frozenset({"version"})
    api = Api(
        "backup",
        renamed={
            "name": "BackupPlanName",
            "rules.targetVaultName": "TargetBackupVaultName",
            "rules.schedule": "ScheduleExpression",
            "rules.startWindow": "StartWindowMinutes",
            "rules.completionWindow": "CompletionWindowMinutes",
            "rules.lifecycle.deleteAfter": "DeleteAfterDays",
            "rules.lifecycle.coldStorageAfter": "MoveToColdStorageAfterDays",
        },
    )

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        named = {**inputs, "name": physical_name(name, inputs)}
        answer = cloud.client("backup").create_backup_plan(
            BackupPlan=self._body(cloud, named), BackupPlanTags=inputs.get("tags") or {}
        )
        return str(answer["BackupPlanId"])

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        found = cloud.client("backup").get_backup_plan(BackupPlanId=id)
        return {
            **self.api.reflect(state, found["BackupPlan"]),
            "arn": found["BackupPlanArn"],
            "version": found["VersionId"],
        }

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        cloud.client("backup").update_backup_plan(
            BackupPlanId=id, BackupPlan=self._body(cloud, inputs)
        )

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("backup").delete_backup_plan(BackupPlanId=id)

    def _body(self, cloud: Cloud, inputs: Properties) -> Any:
        given = {key: inputs[key] for key in ("name", "rules") if key in inputs}
        return self.api.member(cloud, "CreateBackupPlan", "BackupPlan", given)


class Selection(Lifecycle):
    """What a plan backs up, and as whom; its id is AWS's own."""

    handles = "aws:backup/selection:Selection"
    replace_on = frozenset(
        {"name", "planId", "iamRoleArn", "resources", "notResources", "selectionTags"}
    )
    api = Api("backup", renamed={"name": "SelectionName", "selectionTags": "ListOfTags"})

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        given = {key: value for key, value in inputs.items() if key != "planId"}
        answer = cloud.client("backup").create_backup_selection(
            BackupPlanId=inputs["planId"],
            BackupSelection=self.api.member(
                cloud, "CreateBackupSelection", "BackupSelection", given
            ),
        )
        return str(answer["SelectionId"])

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        found = cloud.client("backup").get_backup_selection(
            BackupPlanId=state["planId"], SelectionId=id
        )
        return self.api.reflect(state, found["BackupSelection"])

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`; every input needs a new selection."""

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("backup").delete_backup_selection(BackupPlanId=state["planId"], SelectionId=id)


HANDLERS = (Vault(), Plan(), Selection())
