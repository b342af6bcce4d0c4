"""Calls to AWS that fail without taking effect."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

Answer = tuple[Any, dict[str, Any]]


@contextmanager
def refused(
    client: Any,
    operation: str,
    code: str,
    message: str = "refused by the test",
    *,
    status: int = 400,
    only: Callable[[dict[str, Any]], bool] = lambda request: True,
) -> Iterator[list[dict[str, Any]]]:
    """Within the block AWS refuses `operation` (`sns.Publish`) where `only(body)` is true.

    Yields the bodies of the refused requests. Nothing is sent: an answer given before the call
    has no effect on the other side.
    """
    refusals: list[dict[str, Any]] = []

    def refuse(params: dict[str, Any], **context: Any) -> Answer | None:
        if not only(params["body"]):
            return None
        refusals.append(params["body"])
        parsed = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {}}
        return SimpleNamespace(status_code=status, headers={}), parsed

    event = f"before-call.{operation}"
    client.meta.events.register(event, refuse)
    try:
        yield refusals
    finally:
        client.meta.events.unregister(event, refuse)
