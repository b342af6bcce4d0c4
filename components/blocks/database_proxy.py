"""RDS Proxy: many functions share few connections, and a failover breaks none of theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.blocks.boundary import Boundary
from components.blocks.grants import Statement, component_inputs
from components.blocks.keys import Key, arn_of
from components.blocks.roles import Role, RoleArgs, create_role
from components.naming import Scope

_ENTER = Statement(sid="EnterDatabase", actions=("rds-db:connect",))
_IDLE_SECONDS = 900
"""A frozen function says nothing; the token it would enter with again lives as long."""
_BORROW_SECONDS = 10
"""A caller waits so long for a connection of the pool, and then fails while it can still answer."""


@dataclass(frozen=True, kw_only=True)
class DatabaseProxyArgs:
    """Arguments of `DatabaseProxy`."""

    scope: Scope
    """names and tags"""
    subnet_ids: pulumi.Input[Sequence[str]]
    """where it stands"""
    group_id: pulumi.Input[str]
    """the security group that callers reach and that reaches the database"""
    boundary: Boundary
    """what its role may do at the very most"""
    cluster: aws.rds.Cluster
    """the database behind it"""
    instances: Sequence[pulumi.Resource]
    """the cluster's instances, without which it has nothing to connect to"""
    user_arn: pulumi.Input[str]
    """the database user it enters as, for whoever enters it as that user"""
    connections_percent: int
    """1 to 100: its part of the connections that the database offers"""
    log_retention_days: int
    """days that its log is kept"""
    log_key: Key | None = None
    """customer managed key of its log"""


class DatabaseProxy(pulumi.ComponentResource):
    """IAM from end to end: no password on either side of it, and TLS on both."""

    endpoint: pulumi.Output[str]
    arn: pulumi.Output[str]
    resource_id: pulumi.Output[str]

    def __init__(
        self, name: str, args: DatabaseProxyArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("storefront:blocks:DatabaseProxy", name, component_inputs([_ENTER]), opts)
        self._name = name
        self._args = args
        self.log_group = self._create_log_group()
        self.iam_role = self._create_role()
        self.proxy = self._create_proxy()
        self.pool = self._create_pool()
        self.target = self._create_target()
        self.endpoint = self.proxy.endpoint
        self.arn = self.proxy.arn
        self.resource_id = self.arn.apply(lambda arn: arn.rpartition(":")[2])
        self.register_outputs({"endpoint": self.endpoint})

    def _own(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, depends_on=list(after))

    def _create_log_group(self) -> aws.cloudwatch.LogGroup:
        return aws.cloudwatch.LogGroup(
            f"{self._name}-logs",
            name=f"/aws/rds/proxy/{self._args.scope.physical('database_proxy', 'proxy')}",
            retention_in_days=self._args.log_retention_days,
            kms_key_id=arn_of(self._args.log_key),
            tags=self._args.scope.tags,
            opts=self._own(),
        )

    def _create_role(self) -> Role:
        return create_role(
            self,
            self._name,
            RoleArgs(
                scope=self._args.scope,
                role="proxy",
                taken_by="rds.amazonaws.com",
                boundary=self._args.boundary,
                statements=[_ENTER.on(self._args.user_arn)],
            ),
        )

    def _create_proxy(self) -> aws.rds.Proxy:
        args = self._args
        return aws.rds.Proxy(
            f"{self._name}-proxy",
            name=args.scope.physical("database_proxy", "proxy"),
            engine_family="POSTGRESQL",
            default_auth_scheme="IAM_AUTH",
            require_tls=True,
            role_arn=self.iam_role.arn,
            vpc_subnet_ids=args.subnet_ids,
            vpc_security_group_ids=[args.group_id],
            idle_client_timeout=_IDLE_SECONDS,
            tags=args.scope.tags,
            opts=self._own(self.log_group, self.iam_role.policy),
        )

    def _create_pool(self) -> aws.rds.ProxyDefaultTargetGroup:
        percent = self._args.connections_percent
        return aws.rds.ProxyDefaultTargetGroup(
            f"{self._name}-pool",
            db_proxy_name=self.proxy.name,
            connection_pool_config={
                "max_connections_percent": percent,
                "max_idle_connections_percent": max(1, percent // 2),
                "connection_borrow_timeout": _BORROW_SECONDS,
            },
            opts=self._own(),
        )

    def _create_target(self) -> aws.rds.ProxyTarget:
        return aws.rds.ProxyTarget(
            f"{self._name}-target",
            db_proxy_name=self.proxy.name,
            target_group_name=self.pool.name,
            db_cluster_identifier=self._args.cluster.cluster_identifier,
            opts=self._own(*self._args.instances),
        )
