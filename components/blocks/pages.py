"""Pages of the shop: a bucket that one CloudFront distribution reads, and nobody else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pulumi
import pulumi_aws as aws

from components.blocks.bucket import Bucket, BucketArgs
from components.blocks.keys import Key, KeyArgs, KeyDefaults, KeyUser
from components.naming import Scope

_CACHED_SECONDS = 300
_NONCURRENT_DAYS = 30


@dataclass(frozen=True, kw_only=True)
class Page:
    """What is served at `/<key>`."""

    key: str
    content: str
    content_type: str


@dataclass(frozen=True, kw_only=True)
class PagesArgs:
    """Arguments of `Pages`."""

    scope: Scope
    """names and tags"""
    keys: KeyDefaults
    """what the pages' own key shares; pages are made again from the program, so it may go"""
    pages: Sequence[Page]
    """what is served"""


class Pages(pulumi.ComponentResource):
    """`serve` lets the distribution in that reads `domain` by `access_control_id`."""

    domain: pulumi.Output[str]
    access_control_id: pulumi.Output[str]

    def __init__(
        self, name: str, args: PagesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("storefront:blocks:Pages", name, {}, opts)
        self._name = name
        self._args = args
        self._bucket = self._create_bucket()
        self._create_objects()
        control = aws.cloudfront.OriginAccessControl(
            f"{name}-access",
            name=args.scope.physical("origin_access_control"),
            description="CloudFront signs what it asks the bucket for",
            origin_access_control_origin_type="s3",
            signing_behavior="always",
            signing_protocol="sigv4",
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.domain = self._bucket.regional_domain
        self.access_control_id = control.id
        self.register_outputs({"domain": self.domain})

    def serve(self, distribution_arn: pulumi.Input[str]) -> None:
        """Let one distribution read the pages; once."""
        self._bucket.serve(distribution_arn)

    def _create_bucket(self) -> Bucket:
        keys = self._args.keys
        source = pulumi.Output.concat(
            "arn:*:cloudfront::", keys.boundary.account_id, ":distribution/*"
        )
        key = Key(
            f"{self._name}-key",
            KeyArgs(
                scope=self._args.scope,
                defaults=replace(keys, deletion_protected=False),
                users=[
                    KeyUser(
                        sid="CloudFrontReads",
                        service="cloudfront.amazonaws.com",
                        actions=("kms:Decrypt",),
                        conditions={"StringLike": {"aws:SourceArn": source}},
                    )
                ],
            ),
            pulumi.ResourceOptions(parent=self),
        )
        return Bucket(
            f"{self._name}-bucket",
            BucketArgs(
                scope=self._args.scope,
                role="pages",
                deletion_protected=False,
                noncurrent_days=_NONCURRENT_DAYS,
                key=key,
                served=True,
            ),
            pulumi.ResourceOptions(parent=self),
        )

    def _create_objects(self) -> None:
        for page in self._args.pages:
            aws.s3.BucketObjectv2(
                f"{self._name}-page-{page.key.replace('.', '-')}",
                bucket=self._bucket.name,
                key=page.key,
                content=page.content,
                content_type=page.content_type,
                cache_control=f"public, max-age={_CACHED_SECONDS}",
                tags=self._args.scope.tags,
                opts=pulumi.ResourceOptions(parent=self),
            )
