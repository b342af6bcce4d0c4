"""What pipelines stand on: keys, buckets, the connection to the repository, logs, who is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.blocks.boundary import Boundary, BoundaryArgs
from components.blocks.bucket import Bucket, BucketArgs, BucketGuest
from components.blocks.grants import Grant, Statement
from components.blocks.guests import Guest, role_arn
from components.blocks.keys import (
    Key,
    KeyArgs,
    KeyDefaults,
    KeyGuest,
    KeyUser,
    alarms_publish,
    logs_encrypt,
)
from components.blocks.topic import Topic, TopicArgs
from components.delivery.boundary import tools_boundary
from components.delivery.plan import Trust
from components.naming import Scope

NOTIFICATIONS = "codestar-notifications.amazonaws.com"
ACCESSES = ("look", "deploy")
"""The delivery's roles in an environment's account."""
_CHANGED = ("s3:DeleteObject", "s3:GetObject", "s3:PutObject")
_SEEN = ("s3:GetObject",)
_KEPT = ("kms:Decrypt", "kms:GenerateDataKey")


@dataclass(frozen=True, kw_only=True)
class FoundationArgs:
    """Arguments of `Foundation`."""

    scope: Scope
    """names and tags of the tools account"""
    region: str
    """the region of pipelines and of what they deliver to"""
    accounts: Mapping[str, str]
    """the account of each environment that is delivered to"""
    comment_token_arn: str
    """secret with the token that comments pull requests; empty: nobody does"""
    alarm_email: str
    """who is told of failures; empty: nobody by mail"""
    log_retention_days: int
    artifacts_expire_days: int
    noncurrent_days: int
    """days that a replaced state or artifact is kept"""
    key_rotation_days: int
    key_deletion_days: int
    deletion_protected: bool
    """whether Pulumi keeps states and the keys of their secrets"""


class Foundation(pulumi.ComponentResource):
    """An untrusted build has a bucket, a key and logs of its own, and sees nothing else."""

    def __init__(
        self, name: str, args: FoundationArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("storefront:delivery:Foundation", name, {}, opts)
        self._name = name
        self._args = args
        self.boundary = self._create_boundary()
        self._defaults = self._key_defaults()
        self._keys: dict[Trust, Key] = {
            "trusted": self._create_key("builds"),
            "untrusted": self._create_key("requests"),
        }
        self.secrets = {stage: self._create_secrets_key(stage) for stage in args.accounts}
        self.state = self._create_state()
        self._artifacts: dict[Trust, Bucket] = {
            "trusted": self._create_artifacts("artifacts", "trusted"),
            "untrusted": self._create_artifacts("requests", "untrusted"),
        }
        self._logs: dict[Trust, aws.cloudwatch.LogGroup] = {
            "trusted": self._create_logs("builds", "trusted"),
            "untrusted": self._create_logs("requests", "untrusted"),
        }
        self.connection = self._create_connection()
        self.alarms = self._create_topic()
        self.register_outputs({"state": self.state.name})

    def key(self, trust: Trust) -> Key:
        """What encrypts the artifacts and logs of builds that are trusted so far."""
        return self._keys[trust]

    def artifacts(self, trust: Trust) -> Bucket:
        """Where such builds find and leave what they work on."""
        return self._artifacts[trust]

    def logs(self, trust: Trust) -> aws.cloudwatch.LogGroup:
        """What such builds print."""
        return self._logs[trust]

    def backend(self, stage: str) -> pulumi.Output[str]:
        """Pulumi's backend of one environment: a folder that only its roles see."""
        return pulumi.Output.concat(
            "s3://", self.state.name, f"/{stage}?region={self._args.region}"
        )

    def grant_push(self, repository: str) -> Grant:
        """Push to the repository through the connection: the tag of what reached prod."""
        conditions = {
            "StringEquals": {
                "codeconnections:FullRepositoryId": repository,
                "codeconnections:ProviderAction": "GitPush",
            }
        }
        push = Statement(
            sid="Tag",
            actions=("codeconnections:UseConnection",),
            resources=(self.connection.arn,),
            conditions=conditions,
        )
        return Grant(statements=(push,))

    def grant_watch(self, stuck_minutes: int) -> Grant:
        """List the executions of our pipelines, to find those that run for too long."""
        names = self._args.scope.physical("pipeline", "*")
        executions = Statement(
            sid="Executions",
            actions=("codepipeline:ListPipelineExecutions",),
            resources=(self.boundary.own_arn("codepipeline", names),),
        )
        told = {"PIPELINES": names.removesuffix("*"), "STUCK_MINUTES": str(stuck_minutes)}
        return Grant(statements=(executions,), environment=told)

    def _create_boundary(self) -> Boundary:
        args = self._args
        roles = [
            role_arn(account, self._guest(stage, access).roles)
            for stage, account in args.accounts.items()
            for access in ACCESSES
        ]
        statements = tools_boundary(args.scope, args.region, roles, args.comment_token_arn)
        return Boundary(
            f"{self._name}-boundary",
            BoundaryArgs(
                scope=args.scope,
                region=args.region,
                secret_arns=[],
                image_repository_arns=[],
                statements=statements,
            ),
            pulumi.ResourceOptions(parent=self),
        )

    def _key_defaults(self) -> KeyDefaults:
        return KeyDefaults(
            boundary=self.boundary,
            rotation_days=self._args.key_rotation_days,
            deletion_window_days=self._args.key_deletion_days,
            deletion_protected=self._args.deletion_protected,
        )

    def _create_key(self, role: str) -> Key:
        """Of the artifacts, logs and messages of `role`."""
        scope = self._args.scope.of(role)
        users = [logs_encrypt(scope, self.boundary)]
        if role == "builds":
            own = self.boundary.account_id
            users += [alarms_publish(scope, self.boundary), _notifications_publish(own)]
        return Key(
            f"{self._name}-{role}-key",
            KeyArgs(scope=scope, defaults=self._defaults, users=users),
            pulumi.ResourceOptions(parent=self),
        )

    def _create_secrets_key(self, stage: str) -> Key:
        """Of what Pulumi keeps secret of one environment: a key that the other's roles lack."""
        scope = self._args.scope.at(stage, "secrets")
        guest = KeyGuest(guest=self._guest(stage), actions=("kms:Decrypt",))
        return Key(
            f"{self._name}-{stage}-secrets",
            KeyArgs(scope=scope, defaults=self._defaults, users=[], guests=[guest]),
            pulumi.ResourceOptions(parent=self),
        )

    def _guest(self, stage: str, access: str = "*") -> Guest:
        names = self._args.scope.at(stage, "delivery").physical("role", access)
        words = f"{stage}{access}".title().replace("*", "")
        return Guest(sid=words, account_id=self._args.accounts[stage], roles=names)

    def _create_state(self) -> Bucket:
        """States of all environments, each in a folder that its own roles alone see."""
        args = self._args
        self.state_key = Key(
            f"{self._name}-state-key",
            KeyArgs(
                scope=args.scope.of("state"),
                defaults=self._defaults,
                users=[],
                guests=[
                    KeyGuest(guest=self._guest(stage), actions=_KEPT) for stage in args.accounts
                ],
            ),
            pulumi.ResourceOptions(parent=self),
        )
        guests = [
            BucketGuest(guest=self._guest(stage, access), prefix=f"{stage}/", actions=actions)
            for stage in args.accounts
            for access, actions in zip(ACCESSES, (_SEEN, _CHANGED), strict=True)
        ]
        return Bucket(
            f"{self._name}-state",
            BucketArgs(
                scope=args.scope,
                role="state",
                deletion_protected=args.deletion_protected,
                noncurrent_days=args.noncurrent_days,
                key=self.state_key,
                guests=guests,
            ),
            pulumi.ResourceOptions(parent=self),
        )

    def _create_artifacts(self, role: str, trust: Trust) -> Bucket:
        return Bucket(
            f"{self._name}-{role}",
            BucketArgs(
                scope=self._args.scope,
                role=role,
                deletion_protected=False,
                noncurrent_days=self._args.noncurrent_days,
                expire_days=self._args.artifacts_expire_days,
                key=self._keys[trust],
            ),
            pulumi.ResourceOptions(parent=self),
        )

    def _create_logs(self, role: str, trust: Trust) -> aws.cloudwatch.LogGroup:
        return aws.cloudwatch.LogGroup(
            f"{self._name}-{role}-logs",
            name=f"/codebuild/{self._args.scope.physical('log_group', role)}",
            retention_in_days=self._args.log_retention_days,
            kms_key_id=self._keys[trust].arn,
            tags=self._args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_connection(self) -> aws.codeconnections.Connection:
        """A person completes it once, at the repository's host: until then it is pending."""
        return aws.codeconnections.Connection(
            f"{self._name}-connection",
            name=self._args.scope.physical("connection"),
            provider_type="GitHub",
            tags=self._args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_topic(self) -> Topic:
        """Alarms and notifications of pipelines; those come from a service, which needs a word."""
        topic = Topic(
            f"{self._name}-alarms",
            TopicArgs(
                scope=self._args.scope,
                role="alarms",
                key=self._keys["trusted"],
                email=self._args.alarm_email,
            ),
            pulumi.ResourceOptions(parent=self),
        )
        publishers = ("cloudwatch.amazonaws.com", NOTIFICATIONS)
        allowed = [
            {
                "Sid": service.partition(".")[0].title().replace("-", ""),
                "Effect": "Allow",
                "Principal": {"Service": service},
                "Action": "sns:Publish",
                "Resource": topic.arn,
                "Condition": {"StringEquals": {"aws:SourceAccount": self.boundary.account_id}},
            }
            for service in publishers
        ]
        aws.sns.TopicPolicy(
            f"{self._name}-alarms-policy",
            arn=topic.arn,
            policy=pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": allowed}),
            opts=pulumi.ResourceOptions(parent=self),
        )
        return topic


def _notifications_publish(account_id: pulumi.Output[str]) -> KeyUser:
    """Notifications of pipelines reach a topic under the key."""
    return KeyUser(
        sid="NotificationsPublish",
        service=NOTIFICATIONS,
        actions=_KEPT,
        conditions={"StringEquals": {"aws:SourceAccount": account_id}},
    )
