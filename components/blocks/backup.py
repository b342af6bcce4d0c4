"""Backups by a plan, in a vault that nobody empties by mistake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.blocks.alarms import AlarmSpec
from components.blocks.boundary import Boundary
from components.blocks.grants import Statement, component_inputs
from components.blocks.keys import Key
from components.blocks.protection import data_options
from components.blocks.roles import Role, RoleArgs, create_role
from components.naming import Scope, account_of, partition_of

_START_MINUTES = 60
_COMPLETION_MINUTES = 480
_HOUR_SECONDS = 3600
_DAILY = "cron(0 2 * * ? *)"
_WEEKLY = "cron(0 3 ? * SUN *)"
_SNAPSHOT = (
    "rds:AddTagsToResource",
    "rds:CopyDBClusterSnapshot",
    "rds:CreateDBClusterSnapshot",
    "rds:ListTagsForResource",
)
"""What AWS checks on the cluster as well as on its new snapshot."""
_TABLES = Statement(
    sid="Tables",
    actions=(
        "dynamodb:CreateBackup",
        "dynamodb:DescribeTable",
        "dynamodb:ListTagsOfResource",
        "dynamodb:StartAwsBackupJob",
    ),
)
_TABLE_BACKUPS = Statement(
    sid="TableBackups", actions=("dynamodb:DeleteBackup", "dynamodb:DescribeBackup")
)
_DATABASES = Statement(sid="Databases", actions=(*_SNAPSHOT, "rds:DescribeDBClusters"))
_SNAPSHOTS = Statement(
    sid="Snapshots",
    actions=(
        *_SNAPSHOT,
        "rds:DeleteDBClusterSnapshot",
        "rds:DescribeDBClusterSnapshots",
        "rds:ModifyDBClusterSnapshotAttribute",
    ),
)
_VAULT = Statement(
    sid="Vault", actions=("backup:CopyIntoBackupVault", "backup:DescribeBackupVault")
)
_STATEMENTS = (_TABLES, _TABLE_BACKUPS, _DATABASES, _SNAPSHOTS, _VAULT)


@dataclass(frozen=True, kw_only=True)
class BackupArgs:
    """Arguments of `Backup`."""

    scope: Scope
    """names and tags"""
    region: str
    """AWS region, for the ARN of snapshots"""
    boundary: Boundary
    """what the role may do at the very most"""
    table_arns: Sequence[pulumi.Input[str]]
    """DynamoDB tables"""
    cluster_arns: Sequence[pulumi.Input[str]]
    """Aurora clusters"""
    daily_days: int
    """days that a daily backup is kept"""
    weekly_days: int
    """days that a weekly backup is kept"""
    weekly_cold_after_days: int
    """days until a weekly backup moves to cold storage, where its kind can; 0: never"""
    locked: bool
    """whether nothing leaves the vault before its time but by those who may lift the lock"""
    table_keys: Sequence[Key] = ()
    """customer managed keys of the tables, which AWS Backup uses as its role"""
    cluster_keys: Sequence[Key] = ()
    """customer managed keys of the clusters; their snapshots stay under them"""
    key: Key | None = None
    """customer managed key of a new vault; without it, AWS Backup's own. An existing vault keeps
    the key that it was made with: another one would be another vault, without its backups"""


class Backup(pulumi.ComponentResource):
    """Vault, lock, plan, what is backed up, and the role that AWS Backup does it as.

    The lock is in governance mode: whoever may call `DeleteBackupVaultLockConfiguration` lifts it.
    In compliance mode nobody could, not even AWS, and no backup would go before its time.
    """

    def __init__(
        self, name: str, args: BackupArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        uses_of_keys = _uses_of_keys(args)
        said = component_inputs([*_STATEMENTS, *uses_of_keys])
        super().__init__("storefront:blocks:Backup", name, said, opts)
        self._name = name
        self._args = args
        self._uses_of_keys = uses_of_keys
        self._own = pulumi.ResourceOptions(parent=self)
        self.vault = self._create_vault()
        self.lock = self._create_lock() if args.locked else None
        self.plan = self._create_plan()
        self.iam_role = self._create_role()
        self.selection = self._create_selection()
        self.register_outputs({"vault_arn": self.vault.arn})

    def alarms(self) -> tuple[AlarmSpec, ...]:
        """Jobs that failed, and jobs that did not begin in time."""
        said = {"Failed": "A backup failed", "Expired": "A backup did not begin in time"}
        return tuple(
            AlarmSpec(
                role=f"jobs-{outcome.lower()}",
                description=f"{meaning}.",
                runbook="backup-failures",
                namespace="AWS/Backup",
                metric=f"NumberOfBackupJobs{outcome}",
                dimensions={"BackupVaultName": self.vault.name},
                statistic="Sum",
                threshold=0,
                period=_HOUR_SECONDS,
            )
            for outcome, meaning in said.items()
        )

    def _create_vault(self) -> aws.backup.Vault:
        args = self._args
        return aws.backup.Vault(
            f"{self._name}-vault",
            name=args.scope.physical("backup_vault"),
            kms_key_arn=args.key.arn if args.key else None,
            force_destroy=not args.locked,
            tags=args.scope.tags,
            opts=data_options(self, args.locked, ignore_changes=["kms_key_arn"]),
        )

    def _create_lock(self) -> aws.backup.VaultLockConfiguration:
        kept = (self._args.daily_days, self._args.weekly_days)
        return aws.backup.VaultLockConfiguration(
            f"{self._name}-lock",
            backup_vault_name=self.vault.name,
            min_retention_days=min(kept),
            max_retention_days=max(kept),
            opts=self._own,
        )

    def _create_plan(self) -> aws.backup.Plan:
        args = self._args
        cold_after = args.weekly_cold_after_days or None
        return aws.backup.Plan(
            f"{self._name}-plan",
            name=args.scope.physical("backup_plan"),
            rules=[
                self._rule("daily", _DAILY, {"delete_after": args.daily_days}),
                self._rule(
                    "weekly",
                    _WEEKLY,
                    {"delete_after": args.weekly_days, "cold_storage_after": cold_after},
                ),
            ],
            tags=args.scope.tags,
            opts=self._own,
        )

    def _rule(
        self, role: str, schedule: str, lifecycle: aws.backup.PlanRuleLifecycleArgsDict
    ) -> aws.backup.PlanRuleArgsDict:
        return {
            "rule_name": role,
            "target_vault_name": self.vault.name,
            "schedule": schedule,
            "start_window": _START_MINUTES,
            "completion_window": _COMPLETION_MINUTES,
            "lifecycle": lifecycle,
            "recovery_point_tags": self._args.scope.tags,
        }

    def _create_role(self) -> Role:
        return create_role(
            self,
            self._name,
            RoleArgs(
                scope=self._args.scope,
                role="backup",
                taken_by="backup.amazonaws.com",
                boundary=self._args.boundary,
                statements=self._statements(),
            ),
        )

    def _statements(self) -> list[Statement]:
        tables, clusters = self._args.table_arns, self._args.cluster_arns
        return [
            _TABLES.on(*tables),
            _TABLE_BACKUPS.on(*(pulumi.Output.concat(arn, "/backup/*") for arn in tables)),
            _DATABASES.on(*clusters),
            _SNAPSHOTS.on(self._snapshots_arn()),
            _VAULT.on(self.vault.arn),
            *self._uses_of_keys,
        ]

    def _snapshots_arn(self) -> pulumi.Output[str]:
        return self.vault.arn.apply(
            lambda arn: (
                f"arn:{partition_of(arn)}:rds:{self._args.region}:{account_of(arn)}"
                f":cluster-snapshot:awsbackup:*"
            )
        )

    def _create_selection(self) -> aws.backup.Selection:
        args = self._args
        return aws.backup.Selection(
            f"{self._name}-selection",
            name=args.scope.physical("backup_selection"),
            plan_id=self.plan.id,
            iam_role_arn=self.iam_role.arn,
            resources=[*args.table_arns, *args.cluster_arns],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.iam_role.policy]),
        )


def _uses_of_keys(args: BackupArgs) -> list[Statement]:
    """AWS Backup copies tables into the vault by DynamoDB, and lends DynamoDB and RDS the keys."""
    vault = [args.key] if args.key else []
    return [
        *(key.send("dynamodb") for key in [*args.table_keys, *vault]),
        *(
            statement
            for key in [*args.table_keys, *args.cluster_keys, *vault]
            for statement in key.lend()
        ),
    ]
