"""A type that the embedded AWS cannot hold: its requests are built and validated, and not sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from botocore.validate import ParamValidator

from local.resources.base import Cloud, Created, Properties, ResourceError, ResourceHandler
from local.resources.lifecycle import physical_name
from local.resources.shapes import Api


@dataclass(frozen=True, kw_only=True)
class Recorded(ResourceHandler):
    """A type whose creation only validates the request, by botocore's own service model."""

    handles: str
    reason: str
    api: Api
    operation: str
    """The operation that would create it, e.g. `RegisterScalableTarget`."""
    outputs: Callable[[Cloud, Properties], Properties]
    """The computed outputs, `id` among them, as AWS would form them."""
    member: str = ""
    """The one member of the request that holds it all; empty: the request itself does."""
    replace_on: frozenset[str] = frozenset()
    unsettled: frozenset[str] = frozenset()
    recorded: bool = True

    def create(self, cloud: Cloud, name: str, inputs: Properties) -> Created:
        """See `ResourceHandler.create`; raises `ResourceError` for a request AWS would refuse."""
        given = {**inputs, "name": physical_name(name, inputs)} if self._named(cloud) else inputs
        outputs = self._validated(cloud, given)
        return Created(str(outputs["id"]), outputs)

    def read(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """The state itself: nobody but the program can have changed it."""
        return state

    def update(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> Properties:
        """See `ResourceHandler.update`; raises `ResourceError` for a request AWS would refuse."""
        return {**self._validated(cloud, {**_name(state), **inputs}), "id": id}

    def delete(self, cloud: Cloud, id: str, state: Properties) -> None:
        """Nothing to delete."""

    def _validated(self, cloud: Cloud, inputs: Properties) -> Properties:
        given = {self.member: inputs} if self.member else inputs
        request = self.api.request(cloud, self.operation, given)
        model = cloud.client(self.api.service).meta.service_model
        report = ParamValidator().validate(
            request, model.operation_model(self.operation).input_shape
        )
        if report.has_errors():
            raise ResourceError(
                f"{self.handles} would be refused by AWS: {report.generate_report()} "
                f"({self.operation}). Correct the resource's inputs in its component."
            )
        return {**inputs, **self.outputs(cloud, inputs)}

    def _named(self, cloud: Cloud) -> bool:
        model = cloud.client(self.api.service).meta.service_model
        members = model.operation_model(self.operation).input_shape.members
        return self.api.renamed.get("name", "Name") in members


def _name(state: Properties) -> Properties:
    return {"name": state["name"]} if "name" in state else {}
