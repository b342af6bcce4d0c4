"""A private S3 bucket: versioned, encrypted, reached over TLS only, with a lifecycle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.blocks.grants import Grant, Statement
from components.blocks.guests import Guest
from components.blocks.keys import Key, arn_of
from components.blocks.protection import data_options
from components.naming import Scope

_UPLOAD_DAYS = 7


class UnservableBucketError(ValueError):
    """CloudFront is to read a bucket that it could not decrypt."""


@dataclass(frozen=True, kw_only=True)
class BucketGuest:
    """Roles of another account, and the part of the bucket that they use."""

    guest: Guest
    prefix: str
    actions: Sequence[str]
    """what they do with objects under the prefix; they may list them too"""


@dataclass(frozen=True, kw_only=True)
class BucketArgs:
    """Arguments of `Bucket`."""

    scope: Scope
    """names and tags"""
    role: str
    """what is kept: receipts, assets"""
    deletion_protected: bool
    """whether Pulumi keeps the bucket; without it, deletion takes the objects along"""
    noncurrent_days: int
    """days that a version is kept after it was replaced or deleted"""
    expire_days: int = 0
    """days until an object is deleted; 0: never"""
    key: Key | None = None
    """customer managed key; without one, AWS's own key for S3"""
    variable: str | None = None
    """environment variable that tells a consumer the bucket's name"""
    guests: Sequence[BucketGuest] = ()
    """roles of other accounts that use it"""
    served: bool = False
    """whether CloudFront reads it: then `serve` must be called, with the distribution"""


class Bucket(pulumi.ComponentResource):
    """Only its own account's roles use it, with a grant; AWS adds digits to its name."""

    arn: pulumi.Output[str]
    name: pulumi.Output[str]
    regional_domain: pulumi.Output[str]

    def __init__(
        self, name: str, args: BucketArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Raises UnservableBucketError: CloudFront may not use AWS's own key for S3."""
        if args.served and args.key is None:
            raise UnservableBucketError(
                f"bucket {args.role} has served = True and key = None: CloudFront cannot "
                f"decrypt with AWS's own key; give a customer managed key that admits CloudFront"
            )
        super().__init__("storefront:blocks:Bucket", name, {}, opts)
        self._name = name
        self._args = args
        self._own = data_options(self, args.deletion_protected)
        self.bucket = self._create_bucket()
        self.arn = self.bucket.arn
        self.name = self.bucket.id
        self.regional_domain = self.bucket.bucket_regional_domain_name
        self._close()
        self._encrypt()
        self._keep_versions()
        if not args.served:
            self._create_policy([part for guest in args.guests for part in self._admitted(guest)])
        self.register_outputs({"arn": self.arn, "name": self.name})

    def serve(self, distribution_arn: pulumi.Input[str]) -> None:
        """Let one CloudFront distribution read objects; once, for a bucket that is `served`."""
        self._create_policy(
            [
                {
                    "Sid": "ReadByDistribution",
                    "Effect": "Allow",
                    "Principal": {"Service": "cloudfront.amazonaws.com"},
                    "Action": "s3:GetObject",
                    "Resource": pulumi.Output.concat(self.arn, "/*"),
                    "Condition": {"StringEquals": {"AWS:SourceArn": distribution_arn}},
                }
            ]
        )

    def grant_write(self, prefix: str) -> Grant:
        """Put objects whose key begins with `prefix`."""
        key = self._args.key
        return self._grant("Write", prefix, "s3:PutObject", key.write("s3") if key else None)

    def grant_read(self, prefix: str) -> Grant:
        """Get objects whose key begins with `prefix`, or sign links to them."""
        key = self._args.key
        return self._grant("Read", prefix, "s3:GetObject", key.read("s3") if key else None)

    def _grant(self, verb: str, prefix: str, action: str, use_key: Statement | None) -> Grant:
        sid = verb + self._args.role.title().replace("-", "")
        objects = pulumi.Output.concat(self.arn, f"/{prefix}*")
        on_objects = Statement(sid=sid, actions=(action,), resources=(objects,))
        return Grant(
            statements=(on_objects, use_key) if use_key else (on_objects,),
            environment={self._args.variable: self.name} if self._args.variable else {},
        )

    def _create_bucket(self) -> aws.s3.Bucket:
        return aws.s3.Bucket(
            f"{self._name}-bucket",
            bucket_prefix=f"{self._args.scope.physical('bucket_prefix', self._args.role)}-",
            force_destroy=not self._args.deletion_protected,
            tags=self._args.scope.tags,
            opts=self._own,
        )

    def _close(self) -> None:
        aws.s3.BucketPublicAccessBlock(
            f"{self._name}-public-access",
            bucket=self.name,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self._own,
        )
        aws.s3.BucketOwnershipControls(
            f"{self._name}-ownership",
            bucket=self.name,
            rule={"object_ownership": "BucketOwnerEnforced"},
            opts=self._own,
        )

    def _encrypt(self) -> None:
        aws.s3.BucketServerSideEncryptionConfiguration(
            f"{self._name}-encryption",
            bucket=self.name,
            rules=[
                {
                    "apply_server_side_encryption_by_default": {
                        "sse_algorithm": "aws:kms",
                        "kms_master_key_id": arn_of(self._args.key),
                    },
                    "bucket_key_enabled": True,
                }
            ],
            opts=self._own,
        )

    def _keep_versions(self) -> None:
        versioning = aws.s3.BucketVersioning(
            f"{self._name}-versioning",
            bucket=self.name,
            versioning_configuration={"status": "Enabled"},
            opts=self._own,
        )
        aws.s3.BucketLifecycleConfiguration(
            f"{self._name}-lifecycle",
            bucket=self.name,
            rules=[self._lifecycle()],
            opts=data_options(self, self._args.deletion_protected, depends_on=[versioning]),
        )

    def _lifecycle(self) -> aws.s3.BucketLifecycleConfigurationRuleArgsDict:
        expire_days = self._args.expire_days
        return {
            "id": "all",
            "status": "Enabled",
            "filter": {"prefix": ""},
            "abort_incomplete_multipart_upload": {"days_after_initiation": _UPLOAD_DAYS},
            "noncurrent_version_expiration": {"noncurrent_days": self._args.noncurrent_days},
            "expiration": {"days": expire_days} if expire_days else None,
        }

    def _admitted(self, guest: BucketGuest) -> list[dict[str, Any]]:
        admitted = {"Effect": "Allow", "Principal": guest.guest.principal}
        roles = guest.guest.conditions
        return [
            {
                **admitted,
                "Sid": f"{guest.guest.sid}Objects",
                "Action": list(guest.actions),
                "Resource": pulumi.Output.concat(self.arn, f"/{guest.prefix}*"),
                "Condition": roles,
            },
            {
                **admitted,
                "Sid": f"{guest.guest.sid}List",
                "Action": "s3:ListBucket",
                "Resource": self.arn,
                "Condition": {**roles, "StringLike": {"s3:prefix": f"{guest.prefix}*"}},
            },
        ]

    def _create_policy(self, allowed: list[dict[str, Any]]) -> None:
        over_an_open_wire = {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [self.arn, pulumi.Output.concat(self.arn, "/*")],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
        aws.s3.BucketPolicy(
            f"{self._name}-policy",
            bucket=self.name,
            policy=pulumi.Output.json_dumps(
                {"Version": "2012-10-17", "Statement": [over_an_open_wire, *allowed]}
            ),
            opts=self._own,
        )
