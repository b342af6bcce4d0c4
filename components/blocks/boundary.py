"""The permission boundary: what a workload may do at the very most, whatever it is granted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.blocks.container_insights import agent_statements
from components.blocks.grants import Statement, policy_document
from components.naming import Scope, account_of, partition_of

_OWN_ACCOUNT = {"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}
_WITHOUT_RESOURCE = (
    "dynamodb:ListStreams",
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
    "ecr:GetAuthorizationToken",
    "logs:DescribeLogGroups",
    "servicediscovery:DiscoverInstances",
    "sns:Unsubscribe",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
)
_NEVER = Statement(
    sid="Never",
    effect="Deny",
    actions=(
        "iam:*",
        "kms:CancelKeyDeletion",
        "kms:Delete*",
        "kms:Disable*",
        "kms:PutKeyPolicy",
        "kms:ScheduleKeyDeletion",
        "kms:Update*",
        "organizations:*",
        "sts:AssumeRole",
    ),
    resources=("*",),
)
"""Denied outright, so that a resource's policy cannot allow it either."""
_LENT_TO_NOBODY = Statement(
    sid="LentToNobody",
    effect="Deny",
    actions=("kms:CreateGrant",),
    resources=("*",),
    conditions={"BoolIfExists": {"kms:GrantIsForAWSResource": "false"}},
)
"""A key is lent to AWS services at the most."""


@dataclass(frozen=True, kw_only=True)
class BoundaryArgs:
    """Arguments of `Boundary`."""

    scope: Scope
    """names and tags of the environment"""
    region: str
    """the region that workloads stay in"""
    secret_arns: Sequence[str]
    """secrets that workloads may read though others made them"""
    image_repository_arns: Sequence[str]
    """ECR repositories that workloads are pulled from, of whichever account"""
    container_insights: bool = False
    """whether an EKS cluster's agent sends pods' metrics and logs"""
    statements: Sequence[Statement] = ()
    """the whole boundary of an environment that runs no shop; none: a shop's workloads' own"""


class Boundary(pulumi.ComponentResource):
    """Every role has it: see `create_role`. It grants nothing by itself."""

    arn: pulumi.Output[str]
    account_id: pulumi.Output[str]

    def __init__(
        self, name: str, args: BoundaryArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("storefront:blocks:Boundary", name, {}, opts)
        self.region = args.region
        self.policy = aws.iam.Policy(
            f"{name}-policy",
            name=args.scope.physical("policy", "boundary"),
            description="What a workload of the environment may do at the very most",
            policy=policy_document(args.statements or _of_workloads(args)),
            tags=args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = self.policy.arn
        self.account_id = self.arn.apply(account_of)
        self.register_outputs({"arn": self.arn})

    def own_arn(self, service: str, resource: str, region: str = "") -> pulumi.Output[str]:
        """The ARN of `resource` of `service` in the environment's own account.

        `region` is the environment's own unless another is given.
        """
        where = region or self.region
        return self.arn.apply(
            lambda arn: f"arn:{partition_of(arn)}:{service}:{where}:{account_of(arn)}:{resource}"
        )


def _of_workloads(args: BoundaryArgs) -> tuple[Statement, ...]:
    return (*_own(args), *_elsewhere(args), *_agents(args), _NEVER, _LENT_TO_NOBODY)


def _agents(args: BoundaryArgs) -> tuple[Statement, ...]:
    return agent_statements(args.region) if args.container_insights else ()


def _own(args: BoundaryArgs) -> tuple[Statement, ...]:
    """What belongs to the environment, by name, account and region."""
    return (*_services(args), *_encrypted(args), *_backups(args), *_secrets(args))


def _services(args: BoundaryArgs) -> tuple[Statement, ...]:
    """What the services read, write and send."""
    return (
        _inside(
            args,
            "Tables",
            f"dynamodb:table/{args.scope.pattern('table')}",
            "BatchGetItem",
            "DeleteItem",
            "DescribeStream",
            "GetItem",
            "GetRecords",
            "GetShardIterator",
            "PutItem",
            "Query",
            "UpdateItem",
        ),
        _inside(
            args,
            "Queues",
            f"sqs:{args.scope.pattern('queue')}",
            "ChangeMessageVisibility",
            "DeleteMessage",
            "GetQueueAttributes",
            "ReceiveMessage",
            "SendMessage",
        ),
        _inside(
            args, "Tasks", f"ecs:task/{args.scope.pattern('cluster')}/*", "UpdateTaskProtection"
        ),
        _inside(args, "Topics", f"sns:{args.scope.pattern('topic')}", "Publish", "Subscribe"),
        _inside(
            args,
            "Logs",
            f"logs:log-group:/*/{args.scope.pattern('function')}",
            "CreateLogStream",
            "DescribeLogStreams",
            "PutLogEvents",
        ),
        _inside(args, "Connections", "execute-api:*/*/*/@connections/*", "ManageConnections"),
    )


def _encrypted(args: BoundaryArgs) -> tuple[Statement, ...]:
    """What has no region or no name in its ARN: objects, and the keys behind everything."""
    return (
        Statement(
            sid="Objects",
            actions=("s3:GetObject", "s3:PutObject"),
            resources=(f"arn:*:s3:::{args.scope.pattern('bucket_prefix')}/*",),
            conditions=_OWN_ACCOUNT,
        ),
        Statement(
            sid="Keys",
            actions=("kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"),
            resources=(f"arn:*:kms:{args.region}:*:key/*",),
            conditions={
                **_OWN_ACCOUNT,
                "ForAnyValue:StringLike": {
                    "kms:ResourceAliases": f"alias/{args.scope.pattern('key_alias')}"
                },
            },
        ),
    )


def _secrets(args: BoundaryArgs) -> tuple[Statement, ...]:
    """What the environment itself makes up."""
    return (
        _inside(
            args,
            "GeneratedSecrets",
            f"secretsmanager:secret:{args.scope.pattern('secret')}",
            "GetSecretValue",
        ),
        _inside(args, "DatabaseSecrets", "secretsmanager:secret:rds!cluster-*", "GetSecretValue"),
    )


def _backups(args: BoundaryArgs) -> tuple[Statement, ...]:
    """What AWS Backup does for the environment."""
    snapshot = ("AddTagsToResource", "CopyDBClusterSnapshot", "CreateDBClusterSnapshot")
    return (
        _inside(
            args,
            "TableBackups",
            f"dynamodb:table/{args.scope.pattern('table')}",
            "CreateBackup",
            "DeleteBackup",
            "DescribeBackup",
            "DescribeTable",
            "ListTagsOfResource",
            "StartAwsBackupJob",
        ),
        _inside(
            args,
            "Databases",
            f"rds:cluster:{args.scope.pattern('database')}",
            *snapshot,
            "DescribeDBClusters",
            "ListTagsForResource",
        ),
        _inside(
            args,
            "Snapshots",
            "rds:cluster-snapshot:awsbackup:*",
            *snapshot,
            "DeleteDBClusterSnapshot",
            "DescribeDBClusterSnapshots",
            "ListTagsForResource",
            "ModifyDBClusterSnapshotAttribute",
        ),
        _inside(
            args,
            "Vault",
            f"backup:backup-vault:{args.scope.pattern('backup_vault')}",
            "CopyIntoBackupVault",
            "DescribeBackupVault",
        ),
    )


def _inside(args: BoundaryArgs, sid: str, named: str, *actions: str) -> Statement:
    """`actions` on what is `named` `<service>:<resource>` in the environment's own account."""
    service, _, resource = named.partition(":")
    return Statement(
        sid=sid,
        actions=tuple(f"{service}:{action}" for action in actions),
        resources=(f"arn:*:{service}:{args.region}:*:{resource}",),
        conditions=_OWN_ACCOUNT,
    )


def _elsewhere(args: BoundaryArgs) -> tuple[Statement, ...]:
    """What has no name of ours: it is chosen by whoever made it, or there is none."""
    statements = [
        Statement(
            sid="Database",
            actions=("rds-db:connect",),
            resources=(f"arn:*:rds-db:{args.region}:*:dbuser:*",),
        ),
        Statement(
            sid="Images",
            actions=(
                "ecr:BatchCheckLayerAvailability",
                "ecr:BatchGetImage",
                "ecr:GetDownloadUrlForLayer",
            ),
            resources=tuple(args.image_repository_arns),
        ),
        Statement(
            sid="TextMessages",
            actions=("sns:Publish",),
            except_resources=("arn:*:sns:*:*:*",),
        ),
        Statement(
            sid="Mesh",
            actions=("vpc-lattice-svcs:Invoke",),
            resources=(f"arn:*:vpc-lattice:{args.region}:*:service/*",),
        ),
        Statement(sid="WithoutResource", actions=_WITHOUT_RESOURCE, resources=("*",)),
    ]
    if args.secret_arns:
        statements.append(
            Statement(
                sid="Secrets",
                actions=("secretsmanager:GetSecretValue",),
                resources=tuple(args.secret_arns),
            )
        )
    return tuple(statements)
