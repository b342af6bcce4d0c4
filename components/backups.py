"""The environment's backups: what is backed up, how long it is kept, who hears of a failure."""

from __future__ import annotations

from collections.abc import Sequence

from components.blocks.alarms import create_alarms
from components.blocks.backup import Backup, BackupArgs
from components.blocks.keys import Key, KeyArgs
from components.blocks.postgres import Postgres
from components.blocks.table import Table
from components.naming import Scope
from components.platform import Platform
from settings import BackupsSettings


def create_backups(
    platform: Platform,
    settings: BackupsSettings,
    *,
    tables: Sequence[Table],
    databases: Sequence[Postgres],
) -> None:
    """The plan over all that holds data, with its alarms; nothing where it is switched off."""
    if not settings.enabled:
        return
    scope = platform.scope.of("backups")
    backup = Backup(
        "backups",
        BackupArgs(
            scope=scope,
            region=platform.region,
            boundary=platform.boundary,
            table_arns=[table.arn for table in tables],
            table_keys=[table.key for table in tables if table.key],
            key=_create_key(platform, scope),
            cluster_keys=[database.key for database in databases if database.key],
            cluster_arns=[database.cluster.arn for database in databases],
            daily_days=settings.daily_days,
            weekly_days=settings.weekly_days,
            weekly_cold_after_days=settings.weekly_cold_after_days,
            locked=settings.locked,
        ),
    )
    create_alarms(backup, "backups", scope, backup.alarms(), platform.alarms.arn)


def _create_key(platform: Platform, scope: Scope) -> Key | None:
    if platform.keys is None:
        return None
    return Key("vault", KeyArgs(scope=scope, defaults=platform.keys, users=()))
