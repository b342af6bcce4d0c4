"""Whether a request came through CloudFront, which alone can make the header that proves it.

The environment holds the SHA-256 digests of what the header may be; where it holds none, the
environment has no CloudFront, and nothing is checked.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from functools import cache

import msgspec

from common.env import load
from common.errors import ForbiddenError

HEADER = "x-origin-verify"


class OriginEnvironment(msgspec.Struct, frozen=True, kw_only=True):
    """Digests in lower-case hexadecimal, joined by commas."""

    edge_origin_digests: str = ""


def require_edge(headers: Mapping[str, str]) -> None:
    """Raises ForbiddenError for a request that did not come through CloudFront.

    Header names are lower case. Every digest is compared, each in constant time.
    """
    accepted = _accepted()
    given = hashlib.sha256(headers.get(HEADER, "").encode()).hexdigest()
    if accepted and not sum(hmac.compare_digest(given, digest) for digest in accepted):
        raise ForbiddenError("the shop is reached through its own address only; use that one")


@cache
def _accepted() -> tuple[str, ...]:
    digests = load(OriginEnvironment).edge_origin_digests
    return tuple(digest for digest in digests.split(",") if digest)
