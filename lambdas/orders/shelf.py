"""S3 as the shelf of receipts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from common.errors import UnavailableError

_THERE = {"PreconditionFailed", "ConditionalRequestConflict"}

T = TypeVar("T")


class S3ReceiptShelf:
    """A `ReceiptShelf` in one bucket; `connect` gives its client, which is made when needed."""

    def __init__(self, connect: Callable[[], Any], bucket: str) -> None:
        self._connect = connect
        self._bucket = bucket

    def put(self, key: str, document: bytes, *, replace: bool) -> None:
        """A put; without `replace` on condition that nothing is there."""
        condition = {} if replace else {"IfNoneMatch": "*"}

        def put() -> None:
            try:
                self._connect().put_object(
                    Bucket=self._bucket,
                    Key=key,
                    Body=document,
                    ContentType="text/html; charset=utf-8",
                    CacheControl="private, no-store",
                    **condition,
                )
            except ClientError as error:
                if error.response["Error"]["Code"] not in _THERE:
                    raise

        _call(put)

    def link(self, key: str, lifetime: timedelta) -> str:
        """A signature (SigV4) with this function's own credentials; nothing is asked of S3."""
        return _call(
            lambda: str(
                self._connect().generate_presigned_url(
                    "get_object",
                    Params={"Bucket": self._bucket, "Key": key},
                    ExpiresIn=int(lifetime.total_seconds()),
                )
            )
        )


def _call(call: Callable[[], T]) -> T:
    try:
        return call()
    except (BotoCoreError, ClientError) as error:
        raise UnavailableError(f"the receipts do not answer: {error}") from error
