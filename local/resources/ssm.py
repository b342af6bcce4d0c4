"""Parameters of Systems Manager."""

from __future__ import annotations

from local.resources.base import Cloud, Properties
from local.resources.lifecycle import Lifecycle, physical_name
from local.resources.shapes import Api


class Parameter(Lifecycle):
    """A parameter; its id is its name."""

    handles = "aws:ssm/parameter:Parameter"
    replace_on = frozenset({"name", "dataType"})
    tags_by = "id"
    api = Api(
        "ssm",
        renamed={"insecureValue": "Value", "valueWo": "Value"},
        provider_only=frozenset({"arn", "overwrite", "valueWoVersion"}),
    )

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        parameter = physical_name(name, inputs)
        overwrite = bool(inputs.get("overwrite"))
        named = {**inputs, "name": parameter}
        if overwrite:
            named.pop("tags", None)
        self.api.call(cloud, "PutParameter", named, Overwrite=overwrite)
        return parameter

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        found = cloud.client("ssm").get_parameter(Name=id, WithDecryption=True)["Parameter"]
        written = {key: value for key, value in state.items() if key != "valueWo"}
        return {
            **self.api.reflect(written, found),
            "name": id,
            "arn": found["ARN"],
            "version": found["Version"],
            "hasValueWo": "valueWo" in state,
        }

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        given = {key: value for key, value in inputs.items() if key != "tags"}
        self.api.call(cloud, "PutParameter", given, Overwrite=True)

    def retag(self, cloud: Cloud, resource: str, old: Properties, new: Properties) -> None:
        """See `Lifecycle.retag`: these calls also name the kind of resource."""
        client = cloud.client("ssm")
        subject = {"ResourceType": "Parameter", "ResourceId": resource}
        if gone := sorted(old.keys() - new.keys()):
            client.remove_tags_from_resource(**subject, TagKeys=gone)
        if new:
            tags = [{"Key": key, "Value": value} for key, value in new.items()]
            client.add_tags_to_resource(**subject, Tags=tags)

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("ssm").delete_parameter(Name=id)


HANDLERS = (Parameter(),)
