"""The configuration that the provider takes: a region, and endpoints on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from local.provider.schema import Problem
from local.resources import Properties
from local.resources.base import require_loopback

_KNOWN = frozenset(
    {"accessKey", "defaultTags", "endpoints", "profile", "region", "secretKey", "version"}
    | {"s3UsePathStyle", "skipCredentialsValidation", "skipMetadataApiCheck"}
    | {"skipRegionValidation", "skipRequestingAccountId"}
)


def configuration_problems(given: Properties) -> Iterator[Problem]:
    """What this provider cannot follow of the AWS provider's configuration."""
    for name in sorted(given.keys() - _KNOWN):
        yield Problem(name, "is not known to the local AWS provider: leave it out of this stack")
    if not given.get("region"):
        yield Problem("region", "is missing: set aws:region in the stack's configuration")
    if given.get("defaultTags"):
        yield Problem("defaultTags", "is not followed here: tags come from components/naming.py")
    for service, url in _endpoints(given.get("endpoints")):
        try:
            require_loopback(url)
        except ValueError as error:
            yield Problem(f"endpoints.{service}", str(error))


def _endpoints(value: Any) -> Iterator[tuple[str, str]]:
    entries = json.loads(value) if isinstance(value, str) else value
    for entry in entries or []:
        yield from ((service, str(url)) for service, url in entry.items())
