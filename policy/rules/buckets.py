"""Buckets: closed, encrypted on disk and on the wire, and with a way back."""

from __future__ import annotations

from collections.abc import Iterator

from policy.rule import ALWAYS, CRITICAL, DOCS, HIGH, MEDIUM, Case, rule
from policy.rules.statements import statements
from policy.rules.types import BUCKET, BUCKET_POLICY

_GUIDE = f"{DOCS}AmazonS3/latest/userguide/"
_BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
_BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
_ENCRYPTION = (
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
)
_VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"


@rule(
    BUCKET,
    severity=CRITICAL,
    levels=ALWAYS,
    remedy="Add a BucketPublicAccessBlock with all four settings true.",
    reference=f"{_GUIDE}access-control-block-public-access.html",
    whole_stack=True,
)
def bucket_public_access_block(case: Case) -> Iterator[str]:
    """No bucket can be made public, by whatever policy or list."""
    blocks = case.stack.users(case.resource, "bucket", _BLOCK)
    if not blocks:
        yield "no BucketPublicAccessBlock belongs to the bucket"
    for block in blocks:
        for name in _BLOCKS:
            if not block.props.flag(name):
                yield f"{name} of {block.name} is {block.props.flag(name)}"


@rule(
    BUCKET,
    severity=MEDIUM,
    levels=ALWAYS,
    remedy="Add a BucketServerSideEncryptionConfiguration with sseAlgorithm aws:kms.",
    reference=f"{_GUIDE}UsingKMSEncryption.html",
    whole_stack=True,
    algorithms=("aws:kms", "aws:kms:dsse"),
)
def bucket_encrypted(case: Case) -> Iterator[str]:
    """Objects are encrypted by a key in KMS."""
    found = [
        entry.text("applyServerSideEncryptionByDefault.sseAlgorithm")
        for encryption in case.stack.users(case.resource, "bucket", _ENCRYPTION)
        for entry in encryption.props.parts("rules")
    ]
    if not found:
        yield "no BucketServerSideEncryptionConfiguration belongs to the bucket"
    for algorithm in found:
        if algorithm not in case.settings["algorithms"]:
            yield f"sseAlgorithm is {algorithm}"


@rule(
    BUCKET,
    severity=HIGH,
    levels=ALWAYS,
    remedy="Add a BucketPolicy that denies s3:* where aws:SecureTransport is false.",
    reference=f"{_GUIDE}security-best-practices.html",
    whole_stack=True,
)
def bucket_tls_only(case: Case) -> Iterator[str]:
    """Nobody reads or writes objects over an open wire."""
    policies = case.stack.users(case.resource, "bucket", BUCKET_POLICY)
    denied = [
        statement
        for policy in policies
        for statement in statements(policy.props.document("policy"))
        if statement.text("Effect") == "Deny"
        and "s3:*" in statement.one_or_many("Action")
        and statement.part("Condition.Bool").one_or_many("aws:SecureTransport") == ["false"]
    ]
    if not denied:
        yield f"none of {len(policies)} bucket policies denies what comes without TLS"


@rule(
    BUCKET,
    severity=MEDIUM,
    levels=ALWAYS,
    remedy="Add a BucketVersioning with status Enabled.",
    reference=f"{_GUIDE}Versioning.html",
    whole_stack=True,
)
def bucket_versioned(case: Case) -> Iterator[str]:
    """What is overwritten or deleted by mistake can be had back."""
    found = [
        versioning.props.text("versioningConfiguration.status")
        for versioning in case.stack.users(case.resource, "bucket", _VERSIONING)
    ]
    if "Enabled" not in found:
        yield f"the status of its versioning is {found}"
