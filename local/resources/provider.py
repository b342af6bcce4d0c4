"""Explicit providers of the program: there is one AWS here, and every provider means it."""

from __future__ import annotations

from local.resources.base import Cloud, Created, Properties, ResourceHandler


class ExplicitProvider(ResourceHandler):
    """An explicit AWS provider; its id is its logical name."""

    handles = "pulumi:providers:aws"

    def create(self, cloud: Cloud, name: str, inputs: Properties) -> Created:
        """See `ResourceHandler.create`."""
        return Created(name, {**inputs, "id": name})

    def read(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `ResourceHandler.read`."""
        return state

    def update(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> Properties:
        """See `ResourceHandler.update`."""
        return {**inputs, "id": id}

    def delete(self, cloud: Cloud, id: str, state: Properties) -> None:
        """Nothing to delete."""


HANDLERS = (ExplicitProvider(),)
