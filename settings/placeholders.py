"""Values that the stack files hold in place of their owner's: enough to preview, not to deploy."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from typing import Any

from pulumi.runtime.proto.resource_pb2_grpc import ResourceMonitorStub
from pulumi.runtime.settings import get_monitor

_PLACEHOLDER = re.compile(r"\b(\d)\1{11}\b|\.dkr\.ecr\..*@sha256:0{64}$")
"""An account number of one digit, or the digest of an image that nobody built."""


def placeholders(namespace: str, section: Any) -> Iterator[str]:
    """What of one section must be set before an engine deploys it."""
    for name, value in dataclasses.asdict(section).items():
        if isinstance(value, str) and _PLACEHOLDER.search(value):
            yield (
                f"{namespace}:{name} = {value!r}: is a placeholder; set your own before pulumi up, "
                f"as docs/deploy.md says"
            )


def engine_listens() -> bool:
    """Whether Pulumi's engine asked for this run, and not a test, a tool or the local run."""
    return isinstance(get_monitor(), ResourceMonitorStub)
