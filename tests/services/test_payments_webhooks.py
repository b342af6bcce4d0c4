"""Webhooks of the payment provider on a real ledger, through the function that hears them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest

from common.clock import new_id, now
from payments.database import Address, Database
from payments.handler import http
from payments.ports import WebhookVerifier
from payments.sandbox_webhook import SandboxWebhookVerifier
from payments.store import PostgresLedger
from payments.webhooks import MAX_BYTES, Webhooks
from tests.support.measurements import Measurements
from tests.support.payloads import CUSTOMER, answer_of, http_event
from tests.support.payments import shop_event
from tests.support.payments_postgres import PaymentsShop, payments_shop
from tests.support.payments_webhooks import (
    FAILED,
    ROUTE,
    SECRET,
    SUCCEEDED,
    provider_event,
    signature,
)
from tests.support.postgres import PostgresCluster

RECEIVED = (200, {"received": True})


class Provider:
    """Sends webhooks to the functions about one order, whose charge is UNKNOWN."""

    def __init__(self, shop: PaymentsShop) -> None:
        self.shop = shop
        self.order_id = new_id()
        shop.deliver(
            shop_event("OrderPlaced", self.order_id, payment_token="tok_timeout"),  # noqa: S106
            shop_event("StockReserved", self.order_id),
        )
        assert self.status == "UNKNOWN"

    @property
    def status(self) -> str:
        (row,) = self.shop.query(
            b"SELECT status FROM ledger.payments WHERE order_id = %s", self.order_id
        )
        return str(row["status"])

    @property
    def heard(self) -> int:
        (row,) = self.shop.query(b"SELECT count(*) AS heard FROM ledger.webhook_events")
        return int(row["heard"])

    def send(
        self, body: bytes, *, age_seconds: float = 0, secret: str = SECRET, encoded: bool = False
    ) -> tuple[int, Any]:
        """Status and answer of a webhook that was signed so long ago."""
        header = signature(body, time.time() - age_seconds, secret=secret)
        headers = {"Stripe-Signature": header}
        event = http_event(
            ROUTE, body=body.decode(), customer_id=None, headers=headers, encoded=encoded
        )
        return answer_of(http(event, None))

    def published(self) -> list[str]:
        """What has left by the sweep, though it is young."""
        self.shop.execute(b"UPDATE ledger.outbox SET created_at = created_at - interval '1 minute'")
        self.shop.sweep()
        return [event.type for event, _ in self.shop.heard()]


@pytest.fixture
def provider(
    monkeypatch: pytest.MonkeyPatch, postgres: PostgresCluster, ledger_address: Address
) -> Iterator[Provider]:
    with payments_shop(monkeypatch, postgres, ledger_address) as running:
        yield Provider(running)


@pytest.mark.parametrize("encoded", [False, True])
def test_a_signed_event_settles_the_charge_and_is_published_once(
    provider: Provider, encoded: bool
) -> None:
    body = provider_event(SUCCEEDED, provider.order_id)

    assert provider.send(body, encoded=encoded) == RECEIVED
    assert provider.send(body, age_seconds=200) == RECEIVED

    assert (provider.status, provider.heard) == ("CAPTURED", 1)
    assert provider.published() == ["PaymentCaptured"]
    assert provider.published() == []


@pytest.mark.parametrize(
    "sent", [{"secret": "of somebody else"}, {"age_seconds": 301.0}, {"age_seconds": 86_400.0}]
)
def test_a_forged_and_a_stale_event_are_refused_alike(
    provider: Provider, sent: dict[str, Any]
) -> None:
    status, problem = provider.send(provider_event(SUCCEEDED, provider.order_id), **sent)

    assert (status, problem["title"]) == (400, "Malformed request")
    assert "is not proved by a signature" in problem["detail"]
    assert (provider.status, provider.heard) == ("UNKNOWN", 0)


def test_an_unsigned_event_is_refused(provider: Provider) -> None:
    body = provider_event(SUCCEEDED, provider.order_id).decode()

    status, _ = answer_of(http(http_event(ROUTE, body=body, customer_id=None), None))

    assert (status, provider.status) == (400, "UNKNOWN")


def test_a_customers_token_opens_no_webhook(provider: Provider) -> None:
    body = provider_event(SUCCEEDED, provider.order_id)
    headers = {"stripe-signature": signature(body, time.time())}

    event = http_event(ROUTE, body=body.decode(), customer_id=CUSTOMER, headers=headers)

    assert answer_of(http(event, None))[0] == 500
    assert provider.status == "UNKNOWN"


def test_an_event_counts_once_even_if_its_effect_could_come_again(provider: Provider) -> None:
    body = provider_event(SUCCEEDED, provider.order_id)
    provider.send(body)
    provider.shop.execute(b"UPDATE ledger.payments SET status = 'UNKNOWN'")

    assert provider.send(body) == RECEIVED

    assert provider.status == "UNKNOWN"


def test_an_event_that_is_delivered_many_times_at_once_counts_once(
    provider: Provider, postgres: PostgresCluster
) -> None:
    body = provider_event(SUCCEEDED, provider.order_id)
    header = signature(body, time.time())
    verifier: WebhookVerifier = SandboxWebhookVerifier(SECRET, clock=now)
    counted: list[str] = []
    measured = Measurements()
    meeting = threading.Barrier(6, timeout=10)

    def deliver() -> None:
        with closing(postgres.application(provider.shop.address)) as connection:
            ledger = PostgresLedger(Database(lambda: connection))
            webhooks = Webhooks(ledger, verifier, clock=now, count=counted.append, measure=measured)
            meeting.wait()
            webhooks.receive(body, header)

    deliveries = [threading.Thread(target=deliver) for _ in range(6)]
    for delivery in deliveries:
        delivery.start()
    for delivery in deliveries:
        delivery.join(20)

    assert counted == ["PaymentsCaptured"]
    assert measured.of("MoneyCaptured") == [(2500.0, {"currency": "EUR"})]
    assert (provider.status, provider.heard) == ("CAPTURED", 1)
    assert provider.published() == ["PaymentCaptured"]


def test_reordered_events_lead_nowhere_back(provider: Provider) -> None:
    for kind in (SUCCEEDED, FAILED, SUCCEEDED):
        assert provider.send(provider_event(kind, provider.order_id)) == RECEIVED

    assert (provider.status, provider.heard) == ("CAPTURED", 3)
    assert provider.published() == ["PaymentCaptured"]


def test_an_event_that_comes_after_the_sweep_changes_nothing(provider: Provider) -> None:
    provider.shop.sweep()

    assert provider.send(provider_event(FAILED, provider.order_id)) == RECEIVED

    assert provider.status == "CAPTURED"
    assert provider.published() == ["PaymentCaptured"]


def test_other_types_and_unknown_payments_are_received_and_not_kept(provider: Provider) -> None:
    assert provider.send(provider_event("customer.created", provider.order_id)) == RECEIVED
    assert provider.send(provider_event(SUCCEEDED, new_id())) == RECEIVED

    assert (provider.status, provider.heard) == ("UNKNOWN", 0)


def test_a_body_over_64_kilobytes_is_413(provider: Provider) -> None:
    status, problem = provider.send(b" " * (MAX_BYTES + 1))

    assert (status, problem["title"]) == (413, "Too large")


def test_events_are_forgotten_after_a_month(provider: Provider) -> None:
    provider.send(provider_event(SUCCEEDED, provider.order_id))
    provider.shop.sweep()
    kept = provider.heard
    provider.shop.execute(
        b"UPDATE ledger.webhook_events SET heard_at = heard_at - interval '31 days'"
    )

    provider.shop.sweep()

    assert (kept, provider.heard) == (1, 0)


def test_without_its_database_the_provider_is_told_to_come_again(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = provider_event(SUCCEEDED, provider.order_id)
    provider.shop.break_connections()
    monkeypatch.setattr("payments.bootstrap.connect", _refuse)

    status, _ = provider.send(body)

    assert status == 503


def _refuse(*details: object) -> None:
    raise psycopg.OperationalError("the database is down")
