"""S3 buckets and the settings that are resources of their own."""

from __future__ import annotations

import json
from abc import abstractmethod
from typing import Any

from botocore import xform_name

from local.resources.base import Cloud, Properties, ResourceError
from local.resources.lifecycle import Lifecycle, physical_name
from local.resources.shapes import Api, picked, text

_ACTED_ON = frozenset({"bucket", "bucketPrefix", "forceDestroy", "objectLockEnabled", "tags"})
_TRANSPORT = "aws:SecureTransport"
_WITHOUT_TLS, _NEVER = "false", "never"
"""What a policy says of the open wire, and what the emulator is told instead."""


class Bucket(Lifecycle):
    """A bucket; its id is its name. Its settings are resources of their own."""

    handles = "aws:s3/bucket:Bucket"
    replace_on = frozenset({"bucket", "bucketPrefix", "objectLockEnabled"})
    tags_by = "bucket"
    api = Api("s3")

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`; raises `ResourceError` for a setting that has its own type."""
        unknown = inputs.keys() - _ACTED_ON - {"region"}
        if unknown:
            raise ResourceError(
                f"bucket properties {sorted(unknown)} are not handled: use the resource of their "
                "own, e.g. aws.s3.BucketVersioning, as the AWS provider recommends."
            )
        prefix = inputs.get("bucketPrefix")
        bucket = str(inputs.get("bucket") or physical_name(name, {"namePrefix": prefix}))
        client = cloud.client("s3")
        region = {"LocationConstraint": cloud.region}
        where = {} if cloud.region == "us-east-1" else {"CreateBucketConfiguration": region}
        locked = bool(inputs.get("objectLockEnabled"))
        client.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=locked, **where)
        return bucket

    def complete(self, cloud: Cloud, id: str, inputs: Properties) -> None:
        """See `Lifecycle.complete`."""
        if inputs.get("tags"):
            self.retag(cloud, id, {}, inputs["tags"])

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        cloud.client("s3").head_bucket(Bucket=id)
        return {
            "bucket": id,
            "arn": f"arn:aws:s3:::{id}",
            "bucketDomainName": f"{id}.s3.amazonaws.com",
            "bucketRegionalDomainName": f"{id}.s3.{cloud.region}.amazonaws.com",
            "bucketRegion": cloud.region,
        }

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """Only tags change in place."""

    def retag(self, cloud: Cloud, resource: str, old: Properties, new: Properties) -> None:
        """See `Lifecycle.retag`: a bucket's tags are put all at once."""
        tags = [{"Key": key, "Value": value} for key, value in new.items()]
        if tags:
            cloud.client("s3").put_bucket_tagging(Bucket=resource, Tagging={"TagSet": tags})
        elif old:
            cloud.client("s3").delete_bucket_tagging(Bucket=resource)

    def kept(self, state: Properties) -> Properties:
        """See `Lifecycle.kept`."""
        return {"bucket": state["bucket"]}

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`; a bucket of `forceDestroy` is emptied first."""
        if state.get("forceDestroy"):
            self._empty(cloud, id)
        cloud.client("s3").delete_bucket(Bucket=id)

    def _empty(self, cloud: Cloud, bucket: str) -> None:
        client = cloud.client("s3")
        for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
            versions = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            doomed = [{"Key": v["Key"], "VersionId": v["VersionId"]} for v in versions]
            if doomed:
                client.delete_objects(Bucket=bucket, Delete={"Objects": doomed})


class _Setting(Lifecycle):
    """One setting of a bucket, put, got and deleted by an operation each; its id is the bucket."""

    replace_on = frozenset({"bucket"})
    api = Api("s3", provider_only=frozenset({"expectedBucketOwner", "mfa", "skipDestroy"}))
    noun: str
    """The setting's name in the operations: BucketPolicy → PutBucketPolicy."""

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        self._call(cloud, "Put", inputs["bucket"], **self.body(cloud, inputs))
        return str(inputs["bucket"])

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties | None:
        """See `Lifecycle.observe`."""
        return self.seen(state, self._call(cloud, "Get", id))

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        self._call(cloud, "Put", id, **self.body(cloud, inputs))

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        self._call(cloud, "Delete", id)

    @abstractmethod
    def body(self, cloud: Cloud, inputs: Properties) -> dict[str, Any]:
        """What is put beside the bucket's name."""

    @abstractmethod
    def seen(self, state: Properties, answer: dict[str, Any]) -> Properties | None:
        """The properties in what was got; None: the setting is not there."""

    def _call(self, cloud: Cloud, verb: str, bucket: str, **body: Any) -> dict[str, Any]:
        operation = getattr(cloud.client("s3"), xform_name(f"{verb}{self.noun}"))
        answer: dict[str, Any] = operation(Bucket=bucket, **body)
        return answer


class BucketVersioning(_Setting):
    """Whether a bucket keeps old versions. It cannot be deleted, only suspended, as on AWS."""

    handles = "aws:s3/bucketVersioning:BucketVersioning"
    noun = "BucketVersioning"

    def body(self, cloud: Cloud, inputs: Properties) -> dict[str, Any]:
        """See `_Setting.body`."""
        given = inputs["versioningConfiguration"]
        member = "VersioningConfiguration"
        return {member: self.api.member(cloud, "PutBucketVersioning", member, given)}

    def seen(self, state: Properties, answer: dict[str, Any]) -> Properties | None:
        """See `_Setting.seen`."""
        if answer.get("Status") in (None, "Suspended"):
            return None
        return {"versioningConfiguration": picked(answer, {"status": "Status"})}

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        suspended = {"Status": "Suspended"}
        cloud.client("s3").put_bucket_versioning(Bucket=id, VersioningConfiguration=suspended)


class BucketPublicAccessBlock(_Setting):
    """What of a bucket may be public."""

    handles = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
    noun = "PublicAccessBlock"

    def body(self, cloud: Cloud, inputs: Properties) -> dict[str, Any]:
        """See `_Setting.body`."""
        given = {k: v for k, v in inputs.items() if k not in ("bucket", "skipDestroy")}
        member = "PublicAccessBlockConfiguration"
        return {member: self.api.member(cloud, "PutPublicAccessBlock", member, given)}

    def seen(self, state: Properties, answer: dict[str, Any]) -> Properties:
        """See `_Setting.seen`."""
        return self.api.reflect(state, answer["PublicAccessBlockConfiguration"])


class BucketPolicy(_Setting):
    """Who may use a bucket.

    A statement about what comes without TLS is kept and never applies: nothing here has TLS.
    """

    handles = "aws:s3/bucketPolicy:BucketPolicy"
    noun = "BucketPolicy"

    def body(self, cloud: Cloud, inputs: Properties) -> dict[str, Any]:
        """See `_Setting.body`."""
        return {"Policy": json.dumps(_with_transport(inputs["policy"], _WITHOUT_TLS, _NEVER))}

    def seen(self, state: Properties, answer: dict[str, Any]) -> Properties:
        """See `_Setting.seen`."""
        policy = _with_transport(answer["Policy"], _NEVER, _WITHOUT_TLS)
        return self.api.reflect(state, {"Policy": policy})


class BucketServerSideEncryption(_Setting):
    """How a bucket encrypts what it keeps."""

    handles = (
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    )
    noun = "BucketEncryption"
    api = Api(
        "s3", renamed={"rules.applyServerSideEncryptionByDefault.kmsMasterKeyId": "KMSMasterKeyID"}
    )

    def body(self, cloud: Cloud, inputs: Properties) -> dict[str, Any]:
        """See `_Setting.body`."""
        member = "ServerSideEncryptionConfiguration"
        rules = {"rules": inputs["rules"]}
        return {member: self.api.member(cloud, "PutBucketEncryption", member, rules)}

    def seen(self, state: Properties, answer: dict[str, Any]) -> Properties:
        """See `_Setting.seen`."""
        return self.api.reflect(state, answer["ServerSideEncryptionConfiguration"])


class BucketOwnershipControls(_Setting):
    """Who owns what others put into a bucket."""

    handles = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
    noun = "BucketOwnershipControls"

    def body(self, cloud: Cloud, inputs: Properties) -> dict[str, Any]:
        """See `_Setting.body`."""
        member = "OwnershipControls"
        rules = {"rules": [inputs["rule"]]}
        return {member: self.api.member(cloud, "PutBucketOwnershipControls", member, rules)}

    def seen(self, state: Properties, answer: dict[str, Any]) -> Properties:
        """See `_Setting.seen`."""
        return self.api.reflect(state, answer["OwnershipControls"])


class BucketLifecycle(_Setting):
    """What becomes of a bucket's objects with time."""

    handles = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
    noun = "BucketLifecycleConfiguration"

    def body(self, cloud: Cloud, inputs: Properties) -> dict[str, Any]:
        """See `_Setting.body`."""
        member = "LifecycleConfiguration"
        rules = {"rules": inputs["rules"]}
        return {member: self.api.member(cloud, "PutBucketLifecycleConfiguration", member, rules)}

    def seen(self, state: Properties, answer: dict[str, Any]) -> Properties:
        """See `_Setting.seen`."""
        return self.api.reflect(state, answer)

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("s3").delete_bucket_lifecycle(Bucket=id)


def _with_transport(document: Any, old: str, new: str) -> dict[str, Any]:
    """The policy, with `new` where a condition asks whether `aws:SecureTransport` is `old`."""
    policy: dict[str, Any] = json.loads(text(document))
    for statement in policy["Statement"]:
        asked = statement.get("Condition", {}).get("Bool", {})
        if asked.get(_TRANSPORT) == old:
            asked[_TRANSPORT] = new
    return policy


HANDLERS = (
    Bucket(),
    BucketVersioning(),
    BucketPublicAccessBlock(),
    BucketPolicy(),
    BucketServerSideEncryption(),
    BucketOwnershipControls(),
    BucketLifecycle(),
)
