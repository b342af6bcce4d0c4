"""Aurora PostgreSQL Serverless v2, private, entered with IAM tokens over TLS."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import pulumi
import pulumi_aws as aws

from components.blocks.alarms import AlarmSpec
from components.blocks.boundary import Boundary
from components.blocks.database_proxy import DatabaseProxy, DatabaseProxyArgs
from components.blocks.grants import Grant, Statement
from components.blocks.keys import Key, arn_of
from components.blocks.network import Network, SecurityGroup
from components.blocks.protection import data_options
from components.naming import Scope, account_of, partition_of

PORT = 5432
_MASTER = "postgres_admin"
_PAUSE_SECONDS = 300
"""Idle seconds before a pause: the fewest that AWS takes."""
_CONNECTIONS_NEAR_PERCENT = 80
_CONNECTIONS_PER_ACU = 225
_CONNECTIONS_MOST = 5000
"""What Aurora sets max_connections to: 2 GiB / 9,531,392 bytes for each ACU of the largest size."""
_CHOSEN_ONCE = ["kms_key_id", "master_user_secret_kms_key_id"]
"""AWS cannot change them: an existing cluster keeps the keys that it was made with, since another
one would mean another cluster. docs/security.md says how to move it."""


@dataclass(frozen=True, kw_only=True)
class PostgresArgs:
    """Arguments of `Postgres`."""

    scope: Scope
    """names and tags"""
    network: Network
    """where it stands"""
    group: SecurityGroup
    """who may reach it"""
    proxy_group: SecurityGroup | None
    """set to put a proxy between the application and the database: who may reach that"""
    boundary: Boundary
    """what the proxy's role may do at the very most"""
    region: str
    """AWS region, for the ARN of a database user"""
    database_name: str
    """the one database"""
    application_user: str
    """the database role that the application enters as"""
    migration_user: str
    """the database role that owns the schema, made by the migration itself"""
    connections_max: int
    """connections that the application's role may hold at once"""
    variable_prefix: str
    """prefix of the consumers' environment variables"""
    engine_version: str
    """16.x or later; AWS does not upgrade it by itself, or an update would ask to go back"""
    capacity_min_acu: float
    """0 pauses when idle; 1 ACU is about 2 GiB"""
    capacity_max_acu: float
    """upper limit"""
    readers_count: int
    """instances beside the writer, in other zones; one of them follows when the writer fails"""
    backup_days: int
    """1 to 35"""
    deletion_protected: bool
    """whether AWS refuses to delete it; without it no final snapshot is taken"""
    log_retention_days: int
    """days that the server's log is kept"""
    key: Key | None = None
    """customer managed key of a new cluster and its secret; without one, AWS's own"""
    log_key: Key | None = None
    """customer managed key of the server's log"""


class Postgres(pulumi.ComponentResource):
    """A writer, its readers and perhaps a proxy; RDS makes, keeps and rotates the master password.

    A migration goes to the database itself: through a proxy its session's lock would hold one of
    the pool's connections.
    """

    def __init__(
        self, name: str, args: PostgresArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("storefront:blocks:Postgres", name, {}, opts)
        self._name = name
        self._args = args
        self.key = args.key
        self.subnets = self._create_subnets()
        self.parameters = self._create_parameters()
        self.log_group = self._create_log_group()
        self.cluster = self._create_cluster()
        self.instance = self._create_instance("writer", promotion_tier=0)
        self.readers = [
            self._create_instance(f"reader-{number}", promotion_tier=1)
            for number in range(1, args.readers_count + 1)
        ]
        self.proxy = self._create_proxy(args.proxy_group) if args.proxy_group else None
        self.register_outputs({"endpoint": self.cluster.endpoint})

    def grant_connect(self) -> Grant:
        """Enter the database as the application's own role, through the proxy if there is one."""
        user = self._args.application_user
        if self.proxy is None:
            return self._grant_enter(user, self._user_arn(user), self.cluster.endpoint)
        arn = _user_arn(self.proxy.arn, self.proxy.resource_id, self._args.region, user)
        return self._grant_enter(user, arn, self.proxy.endpoint)

    def grant_migrate(self) -> Grant:
        """Enter as the schema's owner; and read the master user's credentials, to make the roles.

        The master user is RDS's own: only it can make the first role, and it does nothing else.
        """
        prefix = self._args.variable_prefix
        user = self._args.migration_user
        enter = self._grant_enter(user, self._user_arn(user), self.cluster.endpoint)
        secret_arn = self.cluster.master_user_secrets.apply(
            lambda secrets: secrets[0].secret_arn or ""
        )
        read_secret = Statement(
            sid="ReadMasterSecret",
            actions=("secretsmanager:GetSecretValue",),
            resources=(secret_arn,),
        )
        return Grant(
            statements=(*enter.statements, read_secret, *self._decrypt_secret()),
            environment={
                **enter.environment,
                f"{prefix}_MASTER_SECRET_ARN": secret_arn,
                f"{prefix}_DATABASE_CONNECTIONS_MAX": str(self._args.connections_max),
            },
        )

    def _decrypt_secret(self) -> tuple[Statement, ...]:
        return (self._args.key.read("secretsmanager"),) if self._args.key else ()

    def _grant_enter(
        self, user: str, user_arn: pulumi.Output[str], host: pulumi.Output[str]
    ) -> Grant:
        prefix = self._args.variable_prefix
        return Grant(
            statements=(
                Statement(sid="EnterDatabase", actions=("rds-db:connect",), resources=(user_arn,)),
            ),
            environment={
                f"{prefix}_DATABASE_HOST": host,
                f"{prefix}_DATABASE_PORT": self.cluster.port.apply(str),
                f"{prefix}_DATABASE_NAME": self._args.database_name,
                f"{prefix}_DATABASE_USER": user,
                f"{prefix}_DATABASE_PAUSES": str(self._args.capacity_min_acu == 0).lower(),
            },
        )

    def _user_arn(self, user: str) -> pulumi.Output[str]:
        """The user of the database itself, for IAM."""
        return _user_arn(
            self.cluster.arn, self.cluster.cluster_resource_id, self._args.region, user
        )

    def alarms(self) -> tuple[AlarmSpec, ...]:
        """Capacity used up, and connections: past the limit a function waits, then fails."""
        watched = partial(
            AlarmSpec,
            namespace="AWS/RDS",
            dimensions={"DBClusterIdentifier": self.cluster.cluster_identifier},
            periods=5,
        )
        return (
            watched(
                role="database-capacity",
                description="The database is at its capacity limit (%).",
                runbook="database-capacity",
                metric="ACUUtilization",
                statistic="Average",
                threshold=90,
                datapoints=5,
            ),
            watched(
                role="database-connections",
                description="The database is near its limit of connections.",
                runbook="database-connections",
                metric="DatabaseConnections",
                statistic="Maximum",
                threshold=self._args.connections_max * _CONNECTIONS_NEAR_PERCENT // 100,
                datapoints=3,
            ),
        )

    def _create_subnets(self) -> aws.rds.SubnetGroup:
        return aws.rds.SubnetGroup(
            f"{self._name}-subnets",
            name=self._args.scope.physical("database_subnets"),
            subnet_ids=self._args.network.private_subnet_ids,
            tags=self._args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_parameters(self) -> aws.rds.ClusterParameterGroup:
        major = self._args.engine_version.split(".")[0]
        return aws.rds.ClusterParameterGroup(
            f"{self._name}-parameters",
            name=self._args.scope.physical("database_parameters", f"postgres{major}"),
            family=f"aurora-postgresql{major}",
            parameters=[
                {"name": "rds.force_ssl", "value": "1"},
                {"name": "log_min_duration_statement", "value": "1000"},
            ],
            tags=self._args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_log_group(self) -> aws.cloudwatch.LogGroup:
        identifier = self._args.scope.physical("database")
        return aws.cloudwatch.LogGroup(
            f"{self._name}-logs",
            name=f"/aws/rds/cluster/{identifier}/postgresql",
            retention_in_days=self._args.log_retention_days,
            kms_key_id=arn_of(self._args.log_key),
            tags=self._args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_cluster(self) -> aws.rds.Cluster:
        args = self._args
        identifier = args.scope.physical("database")
        return aws.rds.Cluster(
            f"{self._name}-cluster",
            cluster_identifier=identifier,
            engine=aws.rds.EngineType.AURORA_POSTGRESQL,
            engine_version=args.engine_version,
            database_name=args.database_name,
            master_username=_MASTER,
            manage_master_user_password=True,
            iam_database_authentication_enabled=True,
            storage_encrypted=True,
            kms_key_id=arn_of(args.key),
            master_user_secret_kms_key_id=arn_of(args.key),
            port=PORT,
            db_subnet_group_name=self.subnets.name,
            db_cluster_parameter_group_name=self.parameters.name,
            vpc_security_group_ids=[args.group.group_id],
            serverlessv2_scaling_configuration=_scaling(args),
            backup_retention_period=args.backup_days,
            copy_tags_to_snapshot=True,
            deletion_protection=args.deletion_protected,
            skip_final_snapshot=not args.deletion_protected,
            final_snapshot_identifier=f"{identifier}-final" if args.deletion_protected else None,
            enabled_cloudwatch_logs_exports=["postgresql"],
            tags=args.scope.tags,
            opts=pulumi.ResourceOptions.merge(
                data_options(self, args.deletion_protected, depends_on=[self.log_group]),
                pulumi.ResourceOptions(ignore_changes=_CHOSEN_ONCE),
            ),
        )

    def _create_instance(self, role: str, *, promotion_tier: int) -> aws.rds.ClusterInstance:
        return aws.rds.ClusterInstance(
            f"{self._name}-{role}",
            identifier=self._args.scope.physical("database", role),
            cluster_identifier=self.cluster.id,
            engine=aws.rds.EngineType.AURORA_POSTGRESQL,
            engine_version=self._args.engine_version,
            instance_class="db.serverless",
            promotion_tier=promotion_tier,
            publicly_accessible=False,
            auto_minor_version_upgrade=False,
            tags=self._args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_proxy(self, group: SecurityGroup) -> DatabaseProxy:
        args = self._args
        most = min(args.capacity_max_acu * _CONNECTIONS_PER_ACU, _CONNECTIONS_MOST)
        return DatabaseProxy(
            f"{self._name}-proxy",
            DatabaseProxyArgs(
                scope=args.scope,
                subnet_ids=args.network.private_subnet_ids,
                group_id=group.group_id,
                boundary=args.boundary,
                cluster=self.cluster,
                instances=[self.instance, *self.readers],
                user_arn=self._user_arn(args.application_user),
                connections_percent=max(1, int(100 * args.connections_max / most)),
                log_retention_days=args.log_retention_days,
                log_key=args.log_key,
            ),
            pulumi.ResourceOptions(parent=self),
        )


def _scaling(args: PostgresArgs) -> aws.rds.ClusterServerlessv2ScalingConfigurationArgs:
    return aws.rds.ClusterServerlessv2ScalingConfigurationArgs(
        min_capacity=args.capacity_min_acu,
        max_capacity=args.capacity_max_acu,
        seconds_until_auto_pause=_PAUSE_SECONDS if args.capacity_min_acu == 0 else None,
    )


def _user_arn(
    owner_arn: pulumi.Output[str], resource_id: pulumi.Output[str], region: str, user: str
) -> pulumi.Output[str]:
    """The database user of the cluster or proxy with this ARN and resource id, for IAM."""
    return pulumi.Output.all(owner_arn, resource_id).apply(
        lambda parts: (
            f"arn:{partition_of(parts[0])}:rds-db:{region}:{account_of(parts[0])}"
            f":dbuser:{parts[1]}/{user}"
        )
    )
