"""Changes a resource's tags, whatever its service calls the operations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from botocore import xform_name

from local.resources.base import Cloud
from local.resources.shapes import Api

_OPERATIONS: Final = {
    "ec2": ("CreateTags", "DeleteTags"),
    "elbv2": ("AddTags", "RemoveTags"),
    "rds": ("AddTagsToResource", "RemoveTagsFromResource"),
    "sqs": ("TagQueue", "UntagQueue"),
}
_LISTS: Final = ("tag", "resourcetag")
_DEFAULT: Final = ("TagResource", "UntagResource")


def retag(
    cloud: Cloud, service: str, resource: str, old: Mapping[str, str], new: Mapping[str, str]
) -> None:
    """Bring the tags of `resource` (an ARN, URL or id, as its service wants) from old to new."""
    tag, untag = _OPERATIONS.get(service, _DEFAULT)
    gone = sorted(old.keys() - new.keys())
    changed = {key: value for key, value in new.items() if old.get(key) != value}
    if gone:
        _call(cloud, service, untag, resource, gone)
    if changed:
        _call(cloud, service, tag, resource, changed)


def _call(cloud: Cloud, service: str, operation: str, resource: str, tags: Any) -> None:
    client = cloud.client(service)
    shape = client.meta.service_model.operation_model(operation).input_shape
    subject = next(name for name in shape.required_members if "tag" not in name.lower())
    listed = next(name for name in shape.members if name.lower().startswith(_LISTS))
    many = shape.members[subject].type_name == "list"
    if isinstance(tags, list) and shape.members[listed].member.type_name == "structure":
        tags = [{"Key": key} for key in tags]
    request = Api(service).request(cloud, operation, {listed: tags})
    request[subject] = [resource] if many else resource
    getattr(client, xform_name(operation))(**request)
