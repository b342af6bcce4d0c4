"""Pages of a list: how many items a request asks for, and where the next page starts."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping, Sequence

import msgspec

from common.errors import InvalidError, MalformedError

PAGE_DEFAULT = 20
PAGE_MAX = 50
_CHECK_BYTES = 8
_LIMIT = re.compile(r"[0-9]{1,4}")


def page_limit(query: Mapping[str, str]) -> int:
    """The query's `limit`, 20 where it has none; raises InvalidError unless it is 1 to 50."""
    text = query.get("limit", str(PAGE_DEFAULT))
    if not (_LIMIT.fullmatch(text) and 1 <= int(text) <= PAGE_MAX):
        raise InvalidError(
            "the query breaks a rule",
            errors=[f"limit = {text[:40]!r}: must be a whole number from 1 to {PAGE_MAX}"],
        )
    return int(text)


def encode_cursor(scope: str, position: Sequence[str]) -> str:
    """An opaque text that `decode_cursor` turns back into `position`, for the same `scope` only."""
    payload = msgspec.json.encode(list(position))
    return base64.urlsafe_b64encode(_check(scope, payload) + payload).decode().rstrip("=")


def decode_cursor(scope: str, cursor: str) -> list[str]:
    """The inverse of `encode_cursor`; raises MalformedError for any other text or scope.

    The check finds accidents and another list's cursor. It is no secret: a query must take its
    owner from the caller's token and never from a cursor.
    """
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        position = msgspec.json.decode(raw[_CHECK_BYTES:], type=list[str])
    except (binascii.Error, ValueError):
        position = []
    if encode_cursor(scope, position) != cursor:
        raise MalformedError("the cursor is not one this list gave; start without a cursor")
    return position


def _check(scope: str, payload: bytes) -> bytes:
    return hashlib.sha256(scope.encode() + b"\0" + payload).digest()[:_CHECK_BYTES]
