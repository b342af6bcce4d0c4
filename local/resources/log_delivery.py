"""Deliveries of vended logs: a source, a destination and what joins them. Nothing is delivered."""

from __future__ import annotations

from local.resources.base import Cloud, Properties
from local.resources.lifecycle import Lifecycle, physical_name
from local.resources.shapes import Api


class _Named(Lifecycle):
    """A source or a destination, put and got by its name, which is its id."""

    tags_by = "arn"
    noun: str

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        named = {**inputs, "name": physical_name(name, inputs)}
        self.api.call(cloud, f"Put{self.noun}", named)
        return str(named["name"])

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        answer = self.api.call(cloud, f"Get{self.noun}", {"name": id})
        (found,) = (value for key, value in answer.items() if key.startswith("delivery"))
        return {"name": id, "arn": found["arn"]}

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        given = {key: value for key, value in inputs.items() if key != "tags"}
        self.api.call(cloud, f"Put{self.noun}", given)

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        self.api.call(cloud, f"Delete{self.noun}", {"name": id})


class LogDeliverySource(_Named):
    """Whose logs are delivered."""

    handles = "aws:cloudwatch/logDeliverySource:LogDeliverySource"
    replace_on = frozenset({"logType", "name", "resourceArn"})
    noun = "DeliverySource"
    api = Api("logs")


class LogDeliveryDestination(_Named):
    """Where logs are delivered to."""

    handles = "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination"
    replace_on = frozenset({"name"})
    noun = "DeliveryDestination"
    api = Api("logs")


class LogDelivery(Lifecycle):
    """A source's logs on their way to a destination; its id is given by AWS."""

    handles = "aws:cloudwatch/logDelivery:LogDelivery"
    replace_on = frozenset({"deliveryDestinationArn", "deliverySourceName", "recordFields"})
    tags_by = "arn"
    api = Api("logs")

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        return str(self.api.call(cloud, "CreateDelivery", inputs)["delivery"]["id"])

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        return {"arn": cloud.client("logs").get_delivery(id=id)["delivery"]["arn"]}

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """Only tags change in place."""

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("logs").delete_delivery(id=id)


HANDLERS = (LogDeliverySource(), LogDeliveryDestination(), LogDelivery())
