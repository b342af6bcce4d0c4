"""Payments' functions on a real ledger and emulated AWS, called as AWS calls them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from moto import mock_aws

from common import aws
from common.events import Envelope, decode_envelope
from common.observability import metrics
from payments import bootstrap, handler
from payments.database import Address, Connection, connect
from tests.support.payloads import REGION, answer_of, http_event, schedule_event, sqs_event
from tests.support.payments_webhooks import SECRET
from tests.support.postgres import (
    APPLICATION,
    MASTER,
    MASTER_PASSWORD,
    MIGRATOR,
    PostgresCluster,
)

QUEUE = "heard"
_BUILT = (
    aws.session,
    aws.client,
    bootstrap.ledger,
    bootstrap.payments,
    bootstrap.sweeper,
    bootstrap.webhooks,
    bootstrap._database,
    bootstrap._entrance,
    bootstrap._processing,
    bootstrap._announcer,
    bootstrap._provider,
)


class PaymentsShop:
    """The functions, their database, and a queue that hears what they publish."""

    def __init__(self, postgres: PostgresCluster, address: Address, queue_url: str) -> None:
        self.address = address
        self._postgres = postgres
        self._queue_url = queue_url

    def request(self, route_key: str, **request: Any) -> tuple[int, Any]:
        """Status and body of one HTTP request; see `payloads.http_event`."""
        return answer_of(handler.http(http_event(route_key, **request), None))

    def deliver(self, *messages: Any) -> list[str]:
        """Hand a batch to the events function; the ids of the messages it gives back."""
        answer = handler.events(sqs_event(*messages), None)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def sweep(self) -> dict[str, int]:
        """One run of the sweep function."""
        done: dict[str, int] = handler.sweep(schedule_event(), None)
        return done

    def migrate(self) -> dict[str, Any]:
        """One call of the migrate function, which enters as another role than the others."""
        with pytest.MonkeyPatch.context() as own:
            own.setenv("PAYMENTS_DATABASE_USER", MIGRATOR)
            done: dict[str, Any] = handler.migrate({}, None)
        return done

    def heard(self) -> list[tuple[Envelope, dict[str, str]]]:
        """The events published since it was asked last, with their message attributes."""
        answer = aws.client("sqs").receive_message(
            QueueUrl=self._queue_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        found = []
        for message in answer.get("Messages", []):
            attributes = {
                name: attribute["StringValue"]
                for name, attribute in message["MessageAttributes"].items()
            }
            found.append((decode_envelope(message["Body"]), attributes))
        return found

    def query(self, statement: bytes, *values: object) -> list[dict[str, Any]]:
        """Rows of the ledger, read as the master user."""
        with closing(self._postgres.master(self.address)) as connection:
            return connection.execute(statement, values).fetchall()

    def execute(self, statement: bytes, *values: object) -> None:
        """Change the ledger behind the functions' back."""
        with closing(self._postgres.master(self.address)) as connection:
            connection.execute(statement, values)

    def connected(self) -> int:
        """How many connections the functions hold; one that was ended may take a moment."""
        for _ in range(50):
            with closing(self._postgres.superuser()) as connection:
                row = connection.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE usename = %s AND datname = %s",
                    (APPLICATION, self.address.name),
                ).fetchone()
            if row == (0,):
                return 0
            time.sleep(0.01)
        return int(row[0]) if row else 0

    def break_connections(self) -> None:
        """The database restarts, as it looks from the functions."""
        with closing(self._postgres.superuser()) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE usename = %s AND datname = %s",
                (APPLICATION, self.address.name),
            )


@contextmanager
def payments_shop(
    monkeypatch: pytest.MonkeyPatch, postgres: PostgresCluster, address: Address
) -> Iterator[PaymentsShop]:
    """The functions on the database at `address`, with the sandbox as their provider."""
    monkeypatch.setattr(metrics.provider, "namespace", "Storefront")
    _set_environment(monkeypatch, address)
    opened: list[Connection] = []

    def remembered(*details: Any) -> Connection:
        opened.append(connect(*details))
        return opened[-1]

    monkeypatch.setattr(bootstrap, "connect", remembered)
    with mock_aws():
        _forget()
        try:
            topic_arn = aws.client("sns").create_topic(Name="events")["TopicArn"]
            queue_url = _listen(topic_arn)
            secret = json.dumps({"username": MASTER, "password": MASTER_PASSWORD})
            secret_arn = aws.client("secretsmanager").create_secret(
                Name="master", SecretString=secret
            )["ARN"]
            webhook_secret_arn = aws.client("secretsmanager").create_secret(
                Name="webhook", SecretString=SECRET
            )["ARN"]
            monkeypatch.setenv("EVENTS_TOPIC_ARN", topic_arn)
            monkeypatch.setenv("PAYMENTS_WEBHOOK_SECRET_ARN", webhook_secret_arn)
            monkeypatch.setenv("PAYMENTS_MASTER_SECRET_ARN", secret_arn)
            yield PaymentsShop(postgres, address, queue_url)
        finally:
            _forget()
            for connection in opened:
                connection.close()


def _set_environment(monkeypatch: pytest.MonkeyPatch, address: Address) -> None:
    environment = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
        "PAYMENTS_DATABASE_HOST": address.host,
        "PAYMENTS_DATABASE_PORT": str(address.port),
        "PAYMENTS_DATABASE_NAME": address.name,
        "PAYMENTS_DATABASE_USER": APPLICATION,
        "PAYMENTS_DATABASE_CONNECTIONS_MAX": "20",
        "PAYMENTS_DATABASE_PAUSES": "false",
        "PAYMENTS_PROVIDER": "sandbox",
        "PAYMENTS_CHARGE_STALE_SECONDS": "60",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


def _listen(topic_arn: str) -> str:
    queue_url: str = aws.client("sqs").create_queue(QueueName=QUEUE)["QueueUrl"]
    aws.client("sns").subscribe(
        TopicArn=topic_arn,
        Protocol="sqs",
        Endpoint=f"arn:aws:sqs:{REGION}:123456789012:{QUEUE}",
        Attributes={"RawMessageDelivery": "true"},
    )
    return queue_url


def _forget() -> None:
    for built in _BUILT:
        built.cache_clear()
