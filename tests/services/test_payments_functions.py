"""The functions of payments on a real ledger and emulated AWS."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from common import aws
from common.clock import new_id
from payments import bootstrap, handler
from payments.database import Address
from payments.handler import SweepError
from payments.migrator import read_migrations
from payments.roles import ROLE_STEPS
from tests.support.faults import refused
from tests.support.payloads import CUSTOMER, OTHER_CUSTOMER, TRACEPARENT, sqs_record
from tests.support.payments import FACTS, shop_event
from tests.support.payments_postgres import PaymentsShop, payments_shop
from tests.support.postgres import PostgresCluster

READ = "GET /payments/{order_id}"


@pytest.fixture
def shop(
    monkeypatch: pytest.MonkeyPatch, postgres: PostgresCluster, ledger_address: Address
) -> Iterator[PaymentsShop]:
    with payments_shop(monkeypatch, postgres, ledger_address) as running:
        yield running


@pytest.fixture
def order_id() -> str:
    return new_id()


def test_the_functions_consume_what_the_shops_program_subscribes_them_to() -> None:
    assert set(handler.EVENTS) == set(FACTS)


def test_an_order_is_charged_and_its_payment_can_be_read(shop: PaymentsShop, order_id: str) -> None:
    assert shop.deliver(shop_event("OrderPlaced", order_id)) == []
    assert shop.heard() == []
    assert shop.deliver(shop_event("StockReserved", order_id)) == []

    ((event, attributes),) = shop.heard()
    status, body = shop.request(READ, path={"order_id": order_id})
    assert (event.type, event.order_id, event.customer_id) == (
        "PaymentCaptured",
        order_id,
        CUSTOMER,
    )
    assert (attributes["type"], attributes["version"]) == ("PaymentCaptured", "1")
    assert status == 200
    assert (body["status"], body["amount"], body["currency"]) == ("CAPTURED", 2500, "EUR")
    assert set(body) == {
        "order_id",
        "payment_id",
        "status",
        "amount",
        "currency",
        "captured_at",
    }


def test_a_declined_payment_says_why(shop: PaymentsShop, order_id: str) -> None:
    shop.deliver(
        shop_event("StockReserved", order_id),
        shop_event("OrderPlaced", order_id, payment_token="tok_declined"),  # noqa: S106 - no secret
    )

    ((event, _),) = shop.heard()
    _, body = shop.request(READ, path={"order_id": order_id})
    assert event.type == "PaymentDeclined"
    assert (body["status"], body["decline_reason"]) == ("DECLINED", "card_declined")


def test_a_cancelled_order_is_refunded(shop: PaymentsShop, order_id: str) -> None:
    facts = ("OrderPlaced", "StockReserved", "OrderCancelled")
    shop.deliver(*(shop_event(kind, order_id) for kind in facts))

    _, body = shop.request(READ, path={"order_id": order_id})
    assert [event.type for event, _ in shop.heard()] == ["PaymentCaptured", "PaymentRefunded"]
    assert body["status"] == "REFUNDED"
    assert body["refunded_at"] >= body["captured_at"]


@pytest.mark.parametrize("kind", sorted(FACTS))
def test_an_event_that_is_delivered_twice_counts_once(
    shop: PaymentsShop, order_id: str, kind: str
) -> None:
    events = [shop_event(name, order_id) for name in FACTS]
    assert shop.deliver(*events) == []
    shop.heard()
    before = shop.query(b"SELECT * FROM ledger.payments")

    assert shop.deliver(*(event for event in events if event.type == kind)) == []

    assert shop.query(b"SELECT * FROM ledger.payments") == before
    assert shop.heard() == []


def test_only_the_failed_record_is_delivered_again(shop: PaymentsShop, order_id: str) -> None:
    good = sqs_record(shop_event("OrderPlaced", order_id))
    bad = sqs_record(shop_event("OrderPlaced", new_id(), total="a lot"))
    nonsense = sqs_record("no event")

    failed = shop.deliver(good, bad, nonsense)

    assert failed == [bad["messageId"], nonsense["messageId"]]
    assert [row["order_id"] for row in shop.query(b"SELECT order_id FROM ledger.payments")] == [
        order_id
    ]


def test_another_customers_payment_is_404(shop: PaymentsShop, order_id: str) -> None:
    shop.deliver(shop_event("OrderPlaced", order_id))

    mine, _ = shop.request(READ, path={"order_id": order_id})
    theirs, problem = shop.request(READ, path={"order_id": order_id}, customer_id=OTHER_CUSTOMER)
    nobodys, _ = shop.request(READ, path={"order_id": new_id()})

    assert (mine, theirs, nobodys) == (200, 404, 404)
    assert problem["type"].endswith("/not-found")


def test_the_token_of_a_payment_is_nowhere_but_in_its_row(
    shop: PaymentsShop, order_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    token = "tok_approved_4f1c"  # noqa: S105 - no secret
    shop.deliver(shop_event("OrderPlaced", order_id, payment_token=token))
    shop.deliver(shop_event("StockReserved", order_id))

    _, body = shop.request(READ, path={"order_id": order_id})
    outbox = shop.query(b"SELECT envelope::text AS envelope FROM ledger.outbox")
    assert len(outbox) == 1
    assert token not in f"{body} {outbox} {capsys.readouterr()}"


@pytest.fixture
def pausing(monkeypatch: pytest.MonkeyPatch, shop: PaymentsShop) -> PaymentsShop:
    """The same functions, told that their database pauses when nobody is connected."""
    monkeypatch.setenv("PAYMENTS_DATABASE_PAUSES", "true")
    return shop


def test_a_database_that_pauses_is_left_alone_after_each_call(
    pausing: PaymentsShop, order_id: str
) -> None:
    calls: list[Callable[[], object]] = [
        lambda: pausing.request(READ, path={"order_id": order_id}),
        lambda: pausing.deliver(shop_event("OrderPlaced", order_id)),
        lambda: pausing.deliver("no event"),
        pausing.sweep,
    ]

    for call in calls:
        call()
        assert pausing.connected() == 0


def test_a_database_that_stays_awake_keeps_its_connection(
    shop: PaymentsShop, order_id: str
) -> None:
    shop.request(READ, path={"order_id": order_id})

    assert shop.connected() == 1


def test_an_unclear_charge_is_settled_at_once_where_the_daily_sweep_is_far(
    pausing: PaymentsShop, order_id: str
) -> None:
    pausing.deliver(
        shop_event("OrderPlaced", order_id, payment_token="tok_timeout"),  # noqa: S106 - no secret
        shop_event("StockReserved", order_id),
    )

    _, settled = pausing.request(READ, path={"order_id": order_id})
    assert settled["status"] == "CAPTURED"


def test_a_sweep_that_fails_after_a_batch_gives_no_event_back(
    pausing: PaymentsShop, order_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(deadline: float) -> None:
        raise RuntimeError("the sweep fails")

    monkeypatch.setattr(bootstrap.sweeper(), "sweep", fail)

    assert pausing.deliver(shop_event("OrderPlaced", order_id)) == []


def test_an_unclear_charge_is_settled_by_the_sweep(shop: PaymentsShop, order_id: str) -> None:
    shop.deliver(
        shop_event("OrderPlaced", order_id, payment_token="tok_timeout"),  # noqa: S106 - no secret
        shop_event("StockReserved", order_id),
    )
    _, unclear = shop.request(READ, path={"order_id": order_id})

    swept = shop.sweep()

    _, settled = shop.request(READ, path={"order_id": order_id})
    assert (unclear["status"], settled["status"]) == ("UNKNOWN", "CAPTURED")
    assert (swept["settled"], swept["unclear"]) == (1, 0)
    assert [event.type for event, _ in shop.heard()] == ["PaymentCaptured"]


def test_a_lost_charge_is_made_again_by_the_sweep(shop: PaymentsShop, order_id: str) -> None:
    shop.deliver(
        shop_event("OrderPlaced", order_id, payment_token="tok_lost"),  # noqa: S106 - no secret
        shop_event("StockReserved", order_id),
    )

    shop.sweep()

    (row,) = shop.query(b"SELECT status, charge_attempts FROM ledger.payments")
    assert row == {"status": "CAPTURED", "charge_attempts": 2}


def test_an_event_that_the_topic_refuses_is_published_by_a_later_sweep(
    shop: PaymentsShop, order_id: str
) -> None:
    traced = sqs_record(shop_event("StockReserved", order_id), traceparent=TRACEPARENT)
    with refused(aws.client("sns"), "sns.Publish", "InternalError") as refusals:
        assert shop.deliver(shop_event("OrderPlaced", order_id), traced) == []
        shop.execute(b"UPDATE ledger.outbox SET created_at = created_at - interval '1 minute'")
        with pytest.raises(SweepError, match="1 events stay unpublished"):
            shop.sweep()

    swept = shop.sweep()

    ((event, attributes),) = shop.heard()
    assert len(refusals) == 2
    assert (swept["published"], swept["unpublished"]) == (1, 0)
    assert event.type == "PaymentCaptured"
    assert attributes["traceparent"].split("-")[1] == TRACEPARENT.split("-")[1]
    assert shop.sweep()["published"] == 0


def test_a_sweep_says_how_long_events_have_waited(
    shop: PaymentsShop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.sweep()

    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["OldestUnpublishedSeconds"] for line in said if "_aws" in line] == [[0.0]]


def test_the_functions_connect_again_when_the_database_was_restarted(
    shop: PaymentsShop, order_id: str
) -> None:
    shop.deliver(shop_event("OrderPlaced", order_id))
    shop.break_connections()

    assert shop.deliver(shop_event("StockReserved", order_id)) == []

    shop.break_connections()
    status, body = shop.request(READ, path={"order_id": order_id})
    assert (status, body["status"]) == (200, "CAPTURED")


def test_without_its_database_reading_is_503_and_events_stay_in_the_queue(
    shop: PaymentsShop, order_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAYMENTS_DATABASE_HOST", "/nowhere")

    status, problem = shop.request(READ, path={"order_id": order_id})
    event = sqs_record(shop_event("OrderPlaced", order_id))
    failed = shop.deliver(event)

    assert (status, problem["title"]) == (503, "Temporarily unavailable")
    assert failed == [event["messageId"]]


def test_migrate_brings_a_blank_database_to_where_the_functions_work(
    monkeypatch: pytest.MonkeyPatch, postgres: PostgresCluster, order_id: str
) -> None:
    with (
        postgres.blank() as address,
        payments_shop(monkeypatch, postgres, address) as shop,
    ):
        first = shop.migrate()
        second = shop.migrate()
        shop.deliver(shop_event("OrderPlaced", order_id))
        status, _ = shop.request(READ, path={"order_id": order_id})

    made_by_the_owner = [step.name for step in read_migrations()[ROLE_STEPS:]]
    assert first == {"applied": made_by_the_owner, "version": len(read_migrations())}
    assert second == {"applied": [], "version": len(read_migrations())}
    assert status == 200
