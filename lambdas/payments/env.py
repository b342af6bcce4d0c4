"""The environment variables of payments' functions; each field is a variable in upper case."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

_Name = Annotated[str, msgspec.Meta(min_length=1)]


class DatabaseEnvironment(msgspec.Struct, frozen=True, kw_only=True):
    """Where the ledger is. A host that starts with `/` is the directory of a Unix socket."""

    payments_database_host: _Name
    payments_database_port: Annotated[int, msgspec.Meta(ge=1, le=65535)]
    payments_database_name: _Name


class LedgerEnvironment(DatabaseEnvironment, frozen=True, kw_only=True):
    """Who enters the ledger, with an IAM token; one that pauses must be left to itself at times."""

    payments_database_user: _Name
    payments_database_pauses: bool


class ProcessingEnvironment(msgspec.Struct, frozen=True, kw_only=True):
    """What charging needs; a claim older than the stale limit has lost its process."""

    payments_provider: Literal["sandbox", "stripe"]
    payments_stripe_secret_arn: str = ""
    payments_charge_stale_seconds: Annotated[int, msgspec.Meta(ge=1)]
    events_topic_arn: _Name

    def __post_init__(self) -> None:
        if self.payments_provider == "stripe" and not self.payments_stripe_secret_arn:
            raise ValueError(
                "payments_provider is stripe and payments_stripe_secret_arn is empty; "
                "set it to the ARN of the secret with Stripe's key"
            )


class WebhookEnvironment(msgspec.Struct, frozen=True, kw_only=True):
    """Whose webhooks are heard, and the secret that proves them."""

    payments_provider: Literal["sandbox", "stripe"]
    payments_webhook_secret_arn: _Name


class MigrationEnvironment(LedgerEnvironment, frozen=True, kw_only=True):
    """Who makes the roles: the master user, in the secret where RDS keeps it; and what they get."""

    payments_master_secret_arn: _Name
    payments_database_connections_max: Annotated[int, msgspec.Meta(ge=1)]
