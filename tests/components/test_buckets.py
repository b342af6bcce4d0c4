"""What every bucket promises: closed, versioned, encrypted, TLS only, with a lifecycle."""

from __future__ import annotations

import json
from typing import Any

import pytest

from components.blocks.bucket import UnservableBucketError
from tests.support import harness
from tests.support.blocks import bucket, function
from tests.support.harness import Built
from tests.support.relations import environment

KEY = "arn:aws:kms:eu-west-1:123456789012:key/key-key-id"
NAME = "storefront-test-shop-old-papers-"


def policy(built: Built) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(built.named("store-policy").inputs["policy"])[
        "Statement"
    ]
    return found


def lifecycle(built: Built) -> dict[str, Any]:
    (rule,) = built.named("store-lifecycle").inputs["rules"]
    return dict(rule)


def granted(keyed: bool) -> dict[str, tuple[list[str], list[str]]]:
    """What a function may do that writes and reads receipts: actions and resources by sid."""

    def program() -> None:
        store = bucket(keyed=keyed)
        function(grants=(store.grant_write("receipts/"), store.grant_read("receipts/")))

    built = harness.build(program)
    assert environment(built.named("job-function"))["PAPERS_BUCKET_NAME"] == NAME
    entries = json.loads(built.named("job-policy").inputs["policy"])["Statement"]
    return {
        entry["Sid"]: (entry["Action"], entry["Resource"])
        for entry in entries
        if entry["Sid"] not in ("Logs", "Trace")
    }


def test_its_name_is_its_own_with_room_for_the_digits_that_aws_adds() -> None:
    inputs = harness.build(bucket).named("store-bucket").inputs

    assert inputs["bucketPrefix"] == NAME
    assert len(inputs["bucketPrefix"]) + 26 <= 63


def test_nobody_can_make_it_public_or_own_what_is_in_it() -> None:
    built = harness.build(bucket)
    closed = dict(built.named("store-public-access").inputs)
    del closed["bucket"]

    assert closed == {
        "blockPublicAcls": True,
        "blockPublicPolicy": True,
        "ignorePublicAcls": True,
        "restrictPublicBuckets": True,
    }
    assert built.named("store-ownership").inputs["rule"] == {
        "objectOwnership": "BucketOwnerEnforced"
    }


def test_nobody_uses_it_over_an_open_wire_and_no_stranger_at_all() -> None:
    (statement,) = policy(harness.build(bucket))

    assert statement["Effect"] == "Deny"
    assert statement["Principal"] == "*"
    assert statement["Action"] == "s3:*"
    assert statement["Resource"] == [f"arn:aws:s3:::{NAME}", f"arn:aws:s3:::{NAME}/*"]
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize("keyed", [False, True])
def test_it_encrypts_with_the_key_it_is_given_else_with_that_of_aws(keyed: bool) -> None:
    (rule,) = harness.build(lambda: bucket(keyed=keyed)).named("store-encryption").inputs["rules"]
    key = {"kmsMasterKeyId": KEY} if keyed else {}

    assert rule["bucketKeyEnabled"] is True
    assert rule["applyServerSideEncryptionByDefault"] == {"sseAlgorithm": "aws:kms", **key}


def test_old_versions_and_broken_uploads_go_and_objects_stay_unless_told_otherwise() -> None:
    built = harness.build(bucket)

    assert built.named("store-versioning").inputs["versioningConfiguration"] == {
        "status": "Enabled"
    }
    assert built.named("store-versioning").urn in built.named("store-lifecycle").dependencies
    assert lifecycle(built) == {
        "id": "all",
        "status": "Enabled",
        "filter": {"prefix": ""},
        "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
        "noncurrentVersionExpiration": {"noncurrentDays": 30},
    }


def test_objects_expire_after_the_days_that_are_set() -> None:
    rule = lifecycle(harness.build(lambda: bucket(expire_days=400)))

    assert rule["expiration"] == {"days": 400}


@pytest.mark.parametrize("protected", [True, False])
def test_a_protected_bucket_is_kept_with_all_that_guards_it(protected: bool) -> None:
    built = harness.build(lambda: bucket(deletion_protected=protected))

    assert built.named("store-bucket").inputs["forceDestroy"] is not protected
    assert {r.protected for r in built if r.type.startswith("aws:s3/")} == {protected}


def test_a_grant_allows_one_action_below_one_prefix() -> None:
    receipts = [f"arn:aws:s3:::{NAME}/receipts/*"]

    assert granted(keyed=False) == {
        "WriteOldPapers": (["s3:PutObject"], receipts),
        "ReadOldPapers": (["s3:GetObject"], receipts),
    }


def test_a_grant_includes_what_the_customer_managed_key_needs() -> None:
    found = granted(keyed=True)

    assert found["KeyShopWriteS3"] == (["kms:GenerateDataKey"], [KEY])
    assert found["KeyShopReadS3"] == (["kms:Decrypt"], [KEY])
    assert len(found) == 4


def test_a_served_bucket_is_read_by_one_distribution_only() -> None:
    distribution = "arn:aws:cloudfront::123456789012:distribution/E1"
    built = harness.build(lambda: bucket(keyed=True, served=True).serve(distribution))
    denied, allowed = policy(built)

    assert denied["Sid"] == "TlsOnly"
    assert allowed == {
        "Sid": "ReadByDistribution",
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{NAME}/*",
        "Condition": {"StringEquals": {"AWS:SourceArn": distribution}},
    }


def test_a_bucket_that_cloudfront_could_not_decrypt_is_refused() -> None:
    with pytest.raises(UnservableBucketError, match="give a customer managed key"):
        harness.build(lambda: bucket(served=True))
