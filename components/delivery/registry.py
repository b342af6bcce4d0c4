"""Where images are kept: scanned, never overwritten, read by the accounts that run them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.blocks.grants import Grant, Statement
from components.blocks.keys import Key
from components.naming import Scope, image_repository

_PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
PUSH = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:DescribeImages",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
)


@dataclass(frozen=True, kw_only=True)
class RegistryArgs:
    """Arguments of `Registry`."""

    scope: Scope
    """names and tags"""
    service: str
    """whose images it holds"""
    key: Key
    """what encrypts them"""
    accounts: Sequence[str]
    """the accounts that run them"""
    images_kept: int
    """the newest images that are kept; a running one must be among them"""
    deletion_protected: bool
    """whether it stays while it holds images"""


class Registry(pulumi.ComponentResource):
    """One repository for all environments: an image is built once, and known by its digest."""

    url: pulumi.Output[str]

    def __init__(
        self, name: str, args: RegistryArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("storefront:delivery:Registry", name, {}, opts)
        self._name = name
        self._args = args
        self.repository = self._create_repository()
        self.url = self.repository.repository_url
        self._forget()
        self._share()
        self.register_outputs({"url": self.url})

    def grant_push(self) -> Grant:
        """Push images, and ask which there are."""
        sign_in = Statement(
            sid="Registry", actions=("ecr:GetAuthorizationToken",), resources=("*",)
        )
        push = Statement(sid="Push", actions=PUSH, resources=(self.repository.arn,))
        return Grant(statements=(sign_in, push), environment={"IMAGE_REPOSITORY": self.url})

    def _create_repository(self) -> aws.ecr.Repository:
        args = self._args
        return aws.ecr.Repository(
            f"{self._name}-repository",
            name=image_repository(args.scope.project, args.service),
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration={"scan_on_push": True},
            encryption_configurations=[{"encryption_type": "KMS", "kms_key": args.key.arn}],
            force_delete=not args.deletion_protected,
            tags=args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _forget(self) -> None:
        rule = {
            "rulePriority": 1,
            "description": f"The newest {self._args.images_kept} are kept",
            "selection": {
                "tagStatus": "any",
                "countType": "imageCountMoreThan",
                "countNumber": self._args.images_kept,
            },
            "action": {"type": "expire"},
        }
        aws.ecr.LifecyclePolicy(
            f"{self._name}-lifecycle",
            repository=self.repository.name,
            policy=json.dumps({"rules": [rule]}),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _share(self) -> None:
        accounts = [f"arn:aws:iam::{account}:root" for account in self._args.accounts]
        pull = {
            "Sid": "PullByEnvironments",
            "Effect": "Allow",
            "Principal": {"AWS": accounts},
            "Action": list(_PULL),
        }
        aws.ecr.RepositoryPolicy(
            f"{self._name}-policy",
            repository=self.repository.name,
            policy=json.dumps({"Version": "2012-10-17", "Statement": [pull]}),
            opts=pulumi.ResourceOptions(parent=self),
        )
