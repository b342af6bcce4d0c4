"""Turns what boto3 raises into one clear message about the resource."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from local.resources.base import Cloud, Created, Properties, ResourceError, ResourceHandler

_UNSUPPORTED = re.compile(r"no message$|Unknown .*(action|operation|path|target)", re.IGNORECASE)


class Reporting(ResourceHandler):
    """A handler whose failures are `ResourceError`s naming type, resource, cause and remedy."""

    def __init__(self, handler: ResourceHandler) -> None:
        self._handler = handler
        self.handles = handler.handles
        self.replace_on = handler.replace_on
        self.unsettled = handler.unsettled
        self.recorded = handler.recorded
        self.reason = handler.reason

    def create(self, cloud: Cloud, name: str, inputs: Properties) -> Created:
        """See `ResourceHandler.create`; raises `ResourceError`."""
        with self._reported("create", name):
            return self._handler.create(cloud, name, inputs)

    def read(self, cloud: Cloud, id: str, state: Properties) -> Properties | None:
        """See `ResourceHandler.read`; raises `ResourceError`."""
        with self._reported("read", id):
            return self._handler.read(cloud, id, state)

    def update(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> Properties:
        """See `ResourceHandler.update`; raises `ResourceError`."""
        with self._reported("update", id):
            return self._handler.update(cloud, id, state, inputs)

    def delete(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `ResourceHandler.delete`; raises `ResourceError`."""
        with self._reported("delete", id):
            self._handler.delete(cloud, id, state)

    @contextmanager
    def _reported(self, verb: str, resource: str) -> Iterator[None]:
        subject = f"cannot {verb} {self.handles} {resource!r}"
        try:
            yield
        except ClientError as error:
            raise ResourceError(f"{subject}: {_answer(error)}") from error
        except BotoCoreError as error:
            raise ResourceError(
                f"{subject}: {type(error).__name__}: {error}. The request never reached the "
                "embedded AWS: correct the inputs in the component, or check that it still runs."
            ) from error
        except KeyError as error:
            raise ResourceError(
                f"{subject}: property {error} is missing. Set it in the component, or give it a "
                "default in the handler where AWS has one."
            ) from error


def _answer(error: ClientError) -> str:
    details = error.response.get("Error", {})
    message = str(details.get("Message") or "no message").rstrip(".")
    remedy = (
        "The embedded AWS does not support this call: record the type in "
        "local/resources/recorded.py or leave the call out of the handler."
        if _UNSUPPORTED.match(message)
        else "Correct the resource's inputs in its component."
    )
    return f"{error.operation_name} answered {details.get('Code', 'unknown')}: {message}. {remedy}"
