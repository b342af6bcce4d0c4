"""Customer managed keys: one per data domain, used through AWS services alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.blocks.boundary import Boundary
from components.blocks.grants import Statement
from components.blocks.guests import Guest
from components.blocks.protection import data_options
from components.naming import Scope, partition_of

_READ = ("kms:Decrypt",)
_WRITE = ("kms:GenerateDataKey",)
_SEND = ("kms:Decrypt", "kms:GenerateDataKey")
_LEND = ("kms:CreateGrant",)
_LOGS = (
    "kms:Decrypt*",
    "kms:Describe*",
    "kms:Encrypt*",
    "kms:GenerateDataKey*",
    "kms:ReEncrypt*",
)
"""CloudWatch Logs' own list."""


@dataclass(frozen=True, kw_only=True)
class KeyDefaults:
    """What all keys of an environment share."""

    boundary: Boundary
    """whose account the keys are in"""
    rotation_days: int
    """90 to 2,560 days between two rotations"""
    deletion_window_days: int
    """7 to 30 days in which a deletion can be taken back"""
    deletion_protected: bool
    """whether Pulumi refuses to delete the keys"""


@dataclass(frozen=True, kw_only=True)
class KeyUser:
    """An AWS service that uses a key by itself, and for what of ours."""

    sid: str
    service: str
    """e.g. `sns.amazonaws.com`"""
    actions: tuple[str, ...]
    conditions: Mapping[str, Mapping[str, pulumi.Input[str]]]


@dataclass(frozen=True, kw_only=True)
class KeyGuest:
    """Roles of another account, and what they do with a key."""

    guest: Guest
    actions: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class KeyArgs:
    """Arguments of `Key`."""

    scope: Scope
    """names and tags of the domain whose data it encrypts"""
    defaults: KeyDefaults
    """rotation and deletion"""
    users: Sequence[KeyUser]
    """the AWS services that use it by themselves"""
    guests: Sequence[KeyGuest] = ()
    """roles of other accounts that use it"""


class Key(pulumi.ComponentResource):
    """IAM decides who else uses it; the statements that producers grant come from here."""

    arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: KeyArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("storefront:blocks:Key", name, {}, opts)
        self._args = args
        self._statements: dict[str, Statement] = {}
        self.key = self._create_key(name)
        self.arn = self.key.arn
        aws.kms.Alias(
            f"{name}-alias",
            name=f"alias/{args.scope.physical('key_alias')}",
            target_key_id=self.key.key_id,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"arn": self.arn})

    def read(self, service: str) -> Statement:
        """What a role needs to read what `service` (`dynamodb`, `sqs`) keeps under the key."""
        return self._through("Read", service, _READ)

    def write(self, service: str) -> Statement:
        """What a role needs to write what `service` (`s3`) keeps under the key."""
        return self._through("Write", service, _WRITE)

    def send(self, service: str) -> Statement:
        """What a role needs to send to a queue (`sqs`) or topic (`sns`) under the key."""
        return self._through("Send", service, _SEND)

    def lend(self) -> tuple[Statement, Statement]:
        """What a role needs that AWS services act as: to look at the key, and to lend it."""
        words = self._args.scope.service.title()
        return (
            Statement(
                sid=f"Key{words}Describe", actions=("kms:DescribeKey",), resources=(self.arn,)
            ),
            Statement(
                sid=f"Key{words}Lend",
                actions=_LEND,
                resources=(self.arn,),
                conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
            ),
        )

    def _through(self, verb: str, service: str, actions: tuple[str, ...]) -> Statement:
        words = f"{self._args.scope.service}-{verb}-{service}".title().replace("-", "")
        if words not in self._statements:
            region = self._args.defaults.boundary.region
            self._statements[words] = Statement(
                sid=f"Key{words}",
                actions=actions,
                resources=(self.arn,),
                conditions={
                    "StringEquals": {"kms:ViaService": f"{service}.{region}.amazonaws.com"}
                },
            )
        return self._statements[words]

    def _create_key(self, name: str) -> aws.kms.Key:
        args, defaults = self._args, self._args.defaults
        return aws.kms.Key(
            f"{name}-key",
            description=f"Encrypts what {args.scope.service} keeps",
            enable_key_rotation=True,
            rotation_period_in_days=defaults.rotation_days,
            deletion_window_in_days=defaults.deletion_window_days,
            multi_region=False,
            policy=self._policy(),
            tags=args.scope.tags,
            opts=data_options(self, defaults.deletion_protected),
        )

    def _policy(self) -> pulumi.Output[str]:
        boundary = self._args.defaults.boundary
        root = pulumi.Output.all(boundary.arn, boundary.account_id).apply(
            lambda found: f"arn:{partition_of(found[0])}:iam::{found[1]}:root"
        )
        administration = {
            "Sid": "AccountDecidesByIam",
            "Effect": "Allow",
            "Principal": {"AWS": root},
            "Action": "kms:*",
            "Resource": "*",
        }
        users = [
            {
                "Sid": user.sid,
                "Effect": "Allow",
                "Principal": {"Service": user.service},
                "Action": list(user.actions),
                "Resource": "*",
                "Condition": user.conditions,
            }
            for user in self._args.users
        ]
        guests = [
            {
                "Sid": admitted.guest.sid,
                "Effect": "Allow",
                "Principal": admitted.guest.principal,
                "Action": list(admitted.actions),
                "Resource": "*",
                "Condition": admitted.guest.conditions,
            }
            for admitted in self._args.guests
        ]
        return pulumi.Output.json_dumps(
            {"Version": "2012-10-17", "Statement": [administration, *users, *guests]}
        )


def topic_sends(topic_arn: pulumi.Input[str]) -> KeyUser:
    """The topic's messages reach queues under the key, and what it could not deliver too."""
    return KeyUser(
        sid="TopicSends",
        service="sns.amazonaws.com",
        actions=_SEND,
        conditions={"ArnEquals": {"aws:SourceArn": topic_arn}},
    )


def rules_send(scope: Scope, boundary: Boundary) -> KeyUser:
    """What rules of the service could not deliver reaches a queue under the key."""
    rules = boundary.own_arn("events", f"rule/{scope.physical('rule')}-*")
    return KeyUser(
        sid="RulesSend",
        service="events.amazonaws.com",
        actions=_SEND,
        conditions={"ArnLike": {"aws:SourceArn": rules}},
    )


def alarms_publish(scope: Scope, boundary: Boundary, region: str = "") -> KeyUser:
    """Alarms of the environment reach a topic under the key."""
    alarms = boundary.own_arn("cloudwatch", f"alarm:{scope.pattern('alarm')}", region)
    return KeyUser(
        sid="AlarmsPublish",
        service="cloudwatch.amazonaws.com",
        actions=_SEND,
        conditions={"ArnLike": {"aws:SourceArn": alarms}},
    )


def logs_encrypt(
    scope: Scope, boundary: Boundary, region: str = "", before: str = "/*/"
) -> KeyUser:
    """Log groups of the environment are encrypted by the key: `before` is how names begin."""
    groups = boundary.own_arn("logs", f"log-group:{before}{scope.pattern('function')}", region)
    return KeyUser(
        sid="LogsEncrypt",
        service=f"logs.{region or boundary.region}.amazonaws.com",
        actions=_LOGS,
        conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
    )


def arn_of(key: Key | None) -> pulumi.Output[str] | None:
    """The key's ARN; without a key, AWS's own key encrypts."""
    return key.arn if key else None
