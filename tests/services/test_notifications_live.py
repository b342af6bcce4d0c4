"""Tickets, connections and pushes on emulated AWS."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from common.dynamo import to_item
from notifications import bootstrap, live
from tests.support.faults import refused
from tests.support.logs import captured_logs
from tests.support.notifications import consumed_event
from tests.support.notifications_aws import (
    ENVIRONMENT,
    TABLE,
    NotificationsShop,
    notifications_shop,
)
from tests.support.payloads import CUSTOMER, OTHER_CUSTOMER

POST = "apigatewaymanagementapi.PostToConnection"


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[NotificationsShop]:
    with notifications_shop(monkeypatch) as running:
        yield running


def items(shop: NotificationsShop, prefix: str) -> list[dict[str, Any]]:
    return [item for item in shop.items() if f"{item['pk']}/{item['sk']}".startswith(prefix)]


def connections(shop: NotificationsShop, customer_id: str = CUSTOMER) -> list[str]:
    found = items(shop, f"CUSTOMER#{customer_id}/LIVE#")
    return sorted(item["connection_id"] for item in found)


def management() -> Any:
    return bootstrap._pusher()._connect()


def test_a_ticket_is_told_once_and_kept_as_a_digest_that_expires(shop: NotificationsShop) -> None:
    status, ticket = shop.request("POST /notifications/tickets")

    (kept,) = items(shop, "TICKET#")
    assert (status, ticket["expires_in"]) == (201, 30)
    assert ticket["url"] == ENVIRONMENT["NOTIFICATIONS_ALERTS_URL"]
    assert kept["pk"] == f"TICKET#{hashlib.sha256(ticket['ticket'].encode()).hexdigest()}"
    assert kept["customer_id"] == CUSTOMER
    assert 0 < kept["expires_at"] - time.time() <= 30
    assert ticket["ticket"] not in str(shop.items())


def test_nothing_that_is_logged_holds_a_ticket(
    shop: NotificationsShop, capsys: pytest.CaptureFixture[str]
) -> None:
    with captured_logs() as lines:
        ticket = shop.ticket()
        assert shop.connect("c-1", ticket) == 200
        assert shop.connect("c-2", ticket) == 403

    assert lines()
    assert ticket not in str(lines()) + capsys.readouterr().out


def test_a_ticket_connects_once(shop: NotificationsShop) -> None:
    ticket = shop.ticket()

    assert [shop.connect("c-1", ticket), shop.connect("c-2", ticket)] == [200, 403]
    assert connections(shop) == ["c-1"]
    assert items(shop, "TICKET#") == []
    for item in (*items(shop, "CONNECTION#c-1/"), *items(shop, f"CUSTOMER#{CUSTOMER}/LIVE#")):
        assert 7100 < item["expires_at"] - time.time() <= 7200


@pytest.mark.parametrize("ticket", ["", "forged"])
def test_without_a_ticket_nobody_connects(shop: NotificationsShop, ticket: str) -> None:
    assert shop.connect("c-1", ticket) == 403
    assert connections(shop) == []


def test_a_ticket_that_expired_connects_nobody_though_ttl_has_not_deleted_it(
    shop: NotificationsShop,
) -> None:
    ticket = shop.ticket()
    (kept,) = items(shop, "TICKET#")
    late = {**kept, "expires_at": int(time.time()) - 1}
    shop.dynamodb.put_item(TableName=TABLE, Item=to_item(late))

    assert shop.connect("c-1", ticket) == 403


def test_a_ticket_that_is_taken_meanwhile_connects_nobody(shop: NotificationsShop) -> None:
    ticket = shop.ticket()
    store = bootstrap._connections()
    (kept,) = items(shop, "TICKET#")
    holder = store.holder

    def taken(digest: str, now: datetime) -> str | None:
        found = holder(digest, now)
        shop.dynamodb.delete_item(
            TableName=TABLE, Key=to_item({"pk": kept["pk"], "sk": kept["sk"]})
        )
        return found

    store.holder = taken  # type: ignore[method-assign]

    assert shop.connect("c-1", ticket) == 403
    assert connections(shop) == []


def test_every_connection_of_the_customer_gets_the_inbox_s_message_and_nobody_else_s(
    shop: NotificationsShop,
) -> None:
    shop.connect("c-1")
    shop.connect("c-2")
    shop.connect("other", shop.ticket(OTHER_CUSTOMER))

    assert shop.deliver(consumed_event()) == []

    (message,) = shop.inbox()
    for connection in ("c-1", "c-2"):
        assert msgspec.json.decode(shop.pushed(connection)) == message
    assert shop.pushed("other") == b""


def test_an_event_that_comes_again_is_pushed_once(shop: NotificationsShop) -> None:
    shop.connect("c-1")
    event = consumed_event()

    shop.deliver(event)
    shop.deliver(event)

    assert shop.pushed("c-1").count(event.id.encode()) == 1


@pytest.mark.parametrize(
    ("code", "left"),
    [("GoneException", []), ("LimitExceededException", ["c-1"]), ("AccessDenied", ["c-1"])],
)
def test_a_push_that_fails_fails_no_event_and_only_what_is_gone_is_forgotten(
    shop: NotificationsShop, monkeypatch: pytest.MonkeyPatch, code: str, left: list[str]
) -> None:
    shop.connect("c-1")
    monkeypatch.setattr(live, "SETTLING", timedelta(seconds=-1))

    with refused(management(), POST, code, status=410) as refusals:
        assert shop.deliver(consumed_event()) == []

    assert len(refusals) == 1
    assert len(shop.inbox()) == 1
    assert connections(shop) == left


def test_a_third_connection_ends_the_first(shop: NotificationsShop) -> None:
    for number in range(3):
        assert shop.connect(f"c-{number}") == 200
        time.sleep(0.002)

    assert connections(shop) == ["c-1", "c-2"]
    assert items(shop, "CONNECTION#c-0/") == []


def test_a_connection_that_ends_leaves_nothing(shop: NotificationsShop) -> None:
    shop.connect("c-1")

    assert [shop.disconnect("c-1"), shop.disconnect("c-1")] == [200, 200]
    assert connections(shop) == []
    assert items(shop, "CONNECTION#") == []


def test_a_push_has_one_attempt_and_a_second(shop: NotificationsShop) -> None:
    config = management().meta.config

    assert (config.connect_timeout, config.read_timeout) == (1.0, 1.0)
    assert config.retries["total_max_attempts"] == 1
