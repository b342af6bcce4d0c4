"""CloudFront: distributions, what they add to answers, and how they sign requests to buckets.

The embedded AWS keeps them and serves nothing: no request travels through a distribution here.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from local.resources.base import Cloud, Properties
from local.resources.lifecycle import Lifecycle, physical_name
from local.resources.shapes import Api

_HOSTED_ZONE = "Z2FDTNDATAQYW2"
"""The zone of every distribution's own domain, the same for all of AWS."""


class _Configured(Lifecycle):
    """A thing that is one configuration: created, read, updated and deleted whole."""

    noun: str
    """The name in the operations: ResponseHeadersPolicy → CreateResponseHeadersPolicy."""

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        named = {**inputs, "name": physical_name(name, inputs)}
        answer = self.api.call(cloud, f"Create{self.noun}", **self.configuration(cloud, named))
        return str(answer[self.noun]["Id"])

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        return {"etag": self.etag(cloud, id)}

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        configuration = self.configuration(cloud, inputs)
        self.api.call(
            cloud, f"Update{self.noun}", Id=id, IfMatch=self.etag(cloud, id), **configuration
        )

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        self.api.call(cloud, f"Delete{self.noun}", Id=id, IfMatch=self.etag(cloud, id))

    def etag(self, cloud: Cloud, id: str) -> str:
        """The version that a change must name; a ClientError tells that there is none."""
        return str(self.api.call(cloud, f"Get{self.noun}", Id=id)["ETag"])

    def configuration(self, cloud: Cloud, inputs: Properties) -> dict[str, Any]:
        """The member of a request that holds the configuration."""
        member = f"{self.noun}Config"
        given = {key: value for key, value in inputs.items() if key != "tags"}
        return {member: self.api.member(cloud, f"Create{self.noun}", member, given)}


class OriginAccessControl(_Configured):
    """How CloudFront signs what it asks a bucket for; its id is given by AWS."""

    handles = "aws:cloudfront/originAccessControl:OriginAccessControl"
    noun = "OriginAccessControl"
    api = Api("cloudfront")


class ResponseHeadersPolicy(_Configured):
    """Headers that CloudFront adds to answers; its id is given by AWS."""

    handles = "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy"
    noun = "ResponseHeadersPolicy"
    api = Api("cloudfront")


class Distribution(_Configured):
    """A distribution; its id is given by AWS. It is disabled before it is deleted."""

    handles = "aws:cloudfront/distribution:Distribution"
    noun = "Distribution"
    tags_by = "arn"
    api = Api(
        "cloudfront",
        renamed={
            "orderedCacheBehaviors": "CacheBehaviors",
            "origins.originId": "Id",
            "origins.customHeaders.name": "HeaderName",
            "origins.customHeaders.value": "HeaderValue",
            "restrictions.geoRestriction.locations": "Items",
        },
        provider_only=frozenset({"name", "retainOnDelete", "waitForDeployment"}),
    )

    def complete(self, cloud: Cloud, id: str, inputs: Properties) -> None:
        """See `Lifecycle.complete`."""
        arn = self.observe(cloud, id, inputs)["arn"]
        self.retag(cloud, arn, {}, inputs.get("tags") or {})

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        answer = self.api.call(cloud, "GetDistribution", Id=id)
        return {
            "etag": answer["ETag"],
            "arn": answer["Distribution"]["ARN"],
            "domainName": answer["Distribution"]["DomainName"],
            "status": answer["Distribution"]["Status"],
            "hostedZoneId": _HOSTED_ZONE,
        }

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        found = self.api.call(cloud, "GetDistributionConfig", Id=id)
        disabled = {**found["DistributionConfig"], "Enabled": False}
        cloud.client("cloudfront").update_distribution(
            Id=id, IfMatch=found["ETag"], DistributionConfig=disabled
        )
        super().remove(cloud, id, state)

    def configuration(self, cloud: Cloud, inputs: Properties) -> dict[str, Any]:
        """Cached methods stand among the allowed ones, and a list says how long it is."""
        arranged = {
            **inputs,
            "defaultCacheBehavior": _methods(inputs["defaultCacheBehavior"]),
            "orderedCacheBehaviors": [
                _methods(behavior) for behavior in inputs.get("orderedCacheBehaviors") or []
            ],
            "callerReference": inputs.get("callerReference") or str(uuid4()),
        }
        configuration = super().configuration(cloud, arranged)
        geography = configuration["DistributionConfig"]["Restrictions"]["GeoRestriction"]
        geography["Quantity"] = len(geography.get("Items", []))
        return configuration

    def kept(self, state: Properties) -> Properties:
        """See `Lifecycle.kept`."""
        return {}

    def retag(self, cloud: Cloud, resource: str, old: Properties, new: Properties) -> None:
        """See `Lifecycle.retag`."""
        client = cloud.client("cloudfront")
        if gone := sorted(old.keys() - new.keys()):
            client.untag_resource(Resource=resource, TagKeys={"Items": gone})
        tags = [{"Key": key, "Value": value} for key, value in new.items()]
        client.tag_resource(Resource=resource, Tags={"Items": tags})


def _methods(behavior: Properties) -> Properties:
    cached = behavior["cachedMethods"]
    allowed = behavior["allowedMethods"]
    return {
        **{key: value for key, value in behavior.items() if key != "cachedMethods"},
        "allowedMethods": {
            "quantity": len(allowed),
            "items": allowed,
            "cachedMethods": cached,
        },
    }


HANDLERS = (Distribution(), OriginAccessControl(), ResponseHeadersPolicy())
