"""API Gateway's side of the connections: what is sent to them, and how they are ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from common.errors import UnavailableError

_GONE = "GoneException"


class GatewayPusher:
    """A `Pusher` of one API's stage; `connect` gives its client, which is made when needed."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect

    def post(self, connection_id: str, text: bytes) -> bool:
        """One call."""
        return self._call(
            lambda: self._connect().post_to_connection(ConnectionId=connection_id, Data=text)
        )

    def close(self, connection_id: str) -> bool:
        """One call."""
        return self._call(lambda: self._connect().delete_connection(ConnectionId=connection_id))

    def _call(self, call: Callable[[], object]) -> bool:
        try:
            call()
        except ClientError as error:
            if error.response["Error"]["Code"] == _GONE:
                return False
            raise UnavailableError(f"the connections do not answer: {error}") from error
        except BotoCoreError as error:
            raise UnavailableError(f"the connections do not answer: {error}") from error
        return True
