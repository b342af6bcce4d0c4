"""Cases of S3, KMS, Secrets Manager and Systems Manager."""

from __future__ import annotations

from local.resources import Properties
from tests.local_resources.cases.case import Case, permit
from tests.local_resources.stack import Stack, unique

BUCKET = "aws:s3/bucket:Bucket"
KEY = "aws:kms/key:Key"


def _bucket(stack: Stack) -> str:
    return str(stack.make(BUCKET, bucket=unique("storefront"))["bucket"])


def _bucket_policy(stack: Stack) -> Properties:
    bucket = _bucket(stack)
    everyone = '{"AWS": "arn:aws:iam::000000000000:root"}'
    arn = f"arn:aws:s3:::{bucket}/*"
    encrypted = '{"Bool": {"aws:SecureTransport": "false"}}'
    policy = permit("s3:GetObject", arn, Principal=everyone, Condition=encrypted)
    return {"bucket": bucket, "policy": policy}


def _lifecycle(bucket: str) -> Properties:
    return {
        "bucket": bucket,
        "rules": [
            {
                "id": "all",
                "status": "Enabled",
                "filter": {"prefix": ""},
                "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
                "noncurrentVersionExpiration": {"noncurrentDays": 30},
                "transitions": [{"days": 90, "storageClass": "GLACIER_IR"}],
                "expiration": {"days": 400},
            }
        ],
    }


def _secret_version(stack: Stack) -> Properties:
    secret = stack.make(
        "aws:secretsmanager/secret:Secret", name=unique("secret"), recoveryWindowInDays=0
    )
    return {"secretId": secret["id"], "secretString": "a value"}


def _alias(stack: Stack) -> Properties:
    return {"name": f"alias/{unique('key')}", "targetKeyId": stack.make(KEY)["keyId"]}


CASES = (
    Case(
        resource_type=BUCKET,
        inputs=lambda _: {
            "bucket": unique("storefront"),
            "forceDestroy": True,
            "tags": {"service": "shop"},
        },
        change={"tags": {"tier": "1"}},
        outputs=("arn", "bucketDomainName", "bucketRegionalDomainName"),
    ),
    Case(
        resource_type="aws:s3/bucketVersioning:BucketVersioning",
        inputs=lambda stack: {
            "bucket": _bucket(stack),
            "versioningConfiguration": {"status": "Enabled"},
        },
    ),
    Case(
        resource_type="aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        inputs=lambda stack: {
            "bucket": _bucket(stack),
            "blockPublicAcls": True,
            "blockPublicPolicy": True,
            "ignorePublicAcls": True,
            "restrictPublicBuckets": True,
        },
        change={"restrictPublicBuckets": False},
    ),
    Case(
        resource_type="aws:s3/bucketPolicy:BucketPolicy",
        inputs=_bucket_policy,
    ),
    Case(
        resource_type=(
            "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
        ),
        inputs=lambda stack: {
            "bucket": _bucket(stack),
            "rules": [
                {
                    "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms"},
                    "bucketKeyEnabled": True,
                }
            ],
        },
        change={"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]},
        survives=True,
    ),
    Case(
        resource_type="aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        inputs=lambda stack: {
            "bucket": _bucket(stack),
            "rule": {"objectOwnership": "BucketOwnerEnforced"},
        },
        change={"rule": {"objectOwnership": "BucketOwnerPreferred"}},
    ),
    Case(
        resource_type="aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        inputs=lambda stack: _lifecycle(_bucket(stack)),
        change={"rules": [{"id": "all", "status": "Disabled", "expiration": {"days": 1}}]},
    ),
    Case(
        resource_type="aws:secretsmanager/secret:Secret",
        inputs=lambda _: {
            "name": unique("secret"),
            "description": "The provider's key",
            "recoveryWindowInDays": 0,
            "tags": {"service": "payments"},
        },
        change={"description": "The other key", "tags": {"tier": "1"}},
        outputs=("arn",),
    ),
    Case(
        resource_type="aws:secretsmanager/secretVersion:SecretVersion",
        inputs=_secret_version,
        outputs=("arn", "versionId", "versionStages"),
        survives=True,
    ),
    Case(
        resource_type=KEY,
        inputs=lambda _: {
            "description": "Encrypts events",
            "enableKeyRotation": True,
            "deletionWindowInDays": 7,
            "policy": permit("kms:*", "*", Principal='{"AWS": "arn:aws:iam::000000000000:root"}'),
            "tags": {"service": "shop"},
        },
        change={
            "description": "Encrypts all",
            "enableKeyRotation": False,
            "isEnabled": False,
            "tags": {"tier": "1"},
        },
        outputs=("arn", "keyId"),
    ),
    Case(
        resource_type="aws:kms/alias:Alias",
        inputs=_alias,
        outputs=("arn", "targetKeyArn"),
    ),
    Case(
        resource_type="aws:ssm/parameter:Parameter",
        inputs=lambda _: {
            "name": f"/{unique('shop')}/url",
            "type": "String",
            "value": "http://127.0.0.1",
            "tags": {"service": "shop"},
        },
        change={"value": "http://127.0.0.2", "tags": {"tier": "1"}},
        outputs=("arn", "version"),
    ),
)
