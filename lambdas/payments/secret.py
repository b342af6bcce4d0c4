"""Reading Secrets Manager."""

from __future__ import annotations

from typing import Any

import msgspec


class DatabaseLogin(msgspec.Struct, frozen=True):
    """The part that is read of the secret RDS keeps a master user in."""

    username: str
    password: str


def secret_text(client: Any, arn: str) -> str:
    """The secret's text as it is; raises botocore's ClientError when it cannot be read."""
    text: str = client.get_secret_value(SecretId=arn)["SecretString"]
    return text


def database_login(client: Any, arn: str) -> DatabaseLogin:
    """The user and password in a secret of RDS; raises as `secret_text`."""
    return msgspec.json.decode(secret_text(client, arn), type=DatabaseLogin)
