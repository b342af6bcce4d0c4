"""The life cycle that most types share: make, observe, change, remove."""

from __future__ import annotations

import re
import secrets
from abc import abstractmethod
from contextlib import suppress

from botocore.exceptions import BotoCoreError, ClientError

from local.resources.base import Cloud, Created, Properties, ResourceHandler
from local.resources.shapes import Api
from local.resources.tags import retag

_GONE = re.compile(r"NotFound|NoSuch|NonExistent|DoesNotExist")


class Lifecycle(ResourceHandler):
    """A type whose outputs are its inputs and what AWS answers when asked for it."""

    api: Api
    tags_by: str = ""
    """The output that identifies the resource to its service's tagging calls; empty: no tags."""

    def create(self, cloud: Cloud, name: str, inputs: Properties) -> Created:
        """See `ResourceHandler.create`."""
        given = {key: value for key, value in inputs.items() if value is not None}
        id = self.make(cloud, name, given)
        try:
            self.complete(cloud, id, given)
            return Created(id, self._outputs(cloud, id, given))
        except Exception:
            with suppress(ClientError, BotoCoreError, KeyError):
                self.remove(cloud, id, {**given, "id": id})
            raise

    def read(self, cloud: Cloud, id: str, state: Properties) -> Properties | None:
        """See `ResourceHandler.read`."""
        try:
            observed = self.observe(cloud, id, state)
        except ClientError as error:
            if is_gone(error):
                return None
            raise
        return None if observed is None else {**state, **observed, "id": id}

    def update(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> Properties:
        """See `ResourceHandler.update`."""
        given = {key: value for key, value in inputs.items() if value is not None}
        merged = {**self.kept(state), **given}
        self.change(cloud, id, state, merged)
        if self.tags_by:
            old, new = state.get("tags") or {}, given.get("tags") or {}
            self.retag(cloud, state[self.tags_by], old, new)
        return self._outputs(cloud, id, merged)

    def delete(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `ResourceHandler.delete`."""
        try:
            self.remove(cloud, id, state)
        except ClientError as error:
            if not is_gone(error):
                raise

    @abstractmethod
    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """Create the resource, in one call that may fail; gives its id."""

    def complete(self, cloud: Cloud, id: str, inputs: Properties) -> None:
        """Do what takes further calls after `make`; if one fails, the resource is removed again."""

    @abstractmethod
    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties | None:
        """What AWS says of the resource now; None, or a not-found answer: it is gone."""

    @abstractmethod
    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """Bring the resource from `state` to `inputs`, tags aside."""

    @abstractmethod
    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """Delete the resource; a not-found answer is fine."""

    def kept(self, state: Properties) -> Properties:
        """What of `state` an update keeps although its inputs lack it: generated names."""
        return {key: state[key] for key in ("name",) if key in state}

    def retag(self, cloud: Cloud, resource: str, old: Properties, new: Properties) -> None:
        """Bring the tags of `resource` from `old` to `new`."""
        retag(cloud, self.api.service, resource, old, new)

    def _outputs(self, cloud: Cloud, id: str, inputs: Properties) -> Properties:
        observed = self.observe(cloud, id, inputs) or {}
        outputs = {**inputs, **observed, "id": id}
        return {**outputs, "tagsAll": inputs.get("tags") or {}} if self.tags_by else outputs


def is_gone(error: ClientError) -> bool:
    """Whether AWS answered that the thing asked for does not exist."""
    details = error.response.get("Error", {})
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return status == 404 or _GONE.search(str(details.get("Code"))) is not None


def physical_name(name: str, inputs: Properties, suffix: str = "") -> str:
    """The given `name` or `namePrefix`, else the logical name with seven random digits."""
    if given := inputs.get("name"):
        return str(given)
    prefix = inputs.get("namePrefix") or f"{name}-"
    return f"{prefix}{secrets.token_hex(4)[:7]}{suffix}"
