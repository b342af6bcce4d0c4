"""Objects in S3 buckets whose content the program gives as text."""

from __future__ import annotations

from local.resources.base import Cloud, Properties
from local.resources.lifecycle import Lifecycle
from local.resources.shapes import Api

_BODY = frozenset({"content", "forceDestroy", "tags"})


class BucketObject(Lifecycle):
    """An object; its id is `<bucket>/<key>`."""

    handles = "aws:s3/bucketObjectv2:BucketObjectv2"
    replace_on = frozenset({"bucket", "key"})
    api = Api("s3", provider_only=_BODY)

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        self._put(cloud, inputs)
        return f"{inputs['bucket']}/{inputs['key']}"

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        bucket, _, key = id.partition("/")
        found = cloud.client("s3").head_object(Bucket=bucket, Key=key)
        return {"arn": f"arn:aws:s3:::{id}", "etag": found["ETag"].strip('"')}

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        self._put(cloud, inputs)

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`: every version goes, as with the official provider."""
        bucket, _, key = id.partition("/")
        client = cloud.client("s3")
        listed = client.list_object_versions(Bucket=bucket, Prefix=key)
        for version in [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]:
            if version["Key"] == key:
                client.delete_object(Bucket=bucket, Key=key, VersionId=version["VersionId"])

    def kept(self, state: Properties) -> Properties:
        """See `Lifecycle.kept`."""
        return {}

    def _put(self, cloud: Cloud, inputs: Properties) -> None:
        tags = "&".join(f"{key}={value}" for key, value in (inputs.get("tags") or {}).items())
        self.api.call(cloud, "PutObject", inputs, Body=inputs["content"].encode(), Tagging=tags)


HANDLERS = (BucketObject(),)
