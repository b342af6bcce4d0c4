"""Events become inbox entries and alerts, on emulated AWS."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.faults import refused
from tests.support.logs import captured_logs
from tests.support.notifications import CONSUMED, NUMBER, OCCURRED_AT, ORDER, consumed_event
from tests.support.notifications_aws import Mailbox, NotificationsShop, notifications_shop
from tests.support.payloads import CUSTOMER, OTHER_CUSTOMER

TEXT = f"Your order {ORDER} is confirmed and paid: 25.00 EUR."
ALERT = (f"Your order {ORDER}", TEXT)


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[NotificationsShop]:
    with notifications_shop(monkeypatch) as running:
        yield running


def is_text_message(request: dict[str, Any]) -> bool:
    return "PhoneNumber" in request


def is_alert(request: dict[str, Any]) -> bool:
    return "TopicArn" in request


def test_every_event_is_in_the_inbox_once_however_often_it_comes(shop: NotificationsShop) -> None:
    shop.choose(None, NUMBER)
    events = [consumed_event(kind) for kind in CONSUMED]
    assert shop.deliver(*events, *events) == []
    assert shop.deliver(*events) == []
    assert sorted(item["type"] for item in shop.inbox()) == sorted(CONSUMED)
    assert len(shop.texts()) == len(CONSUMED)


def test_only_those_who_opted_in_for_a_customer_get_that_customer_s_alerts(
    shop: NotificationsShop,
) -> None:
    mine = Mailbox(shop.topic_arn, CUSTOMER)
    theirs = Mailbox(shop.topic_arn, OTHER_CUSTOMER)

    assert shop.deliver(consumed_event()) == []

    assert mine.read() == [ALERT]
    assert theirs.read() == []


def test_a_text_message_goes_to_the_customer_s_number_only(shop: NotificationsShop) -> None:
    shop.choose(None, NUMBER)
    shop.choose(None, "+442071838750", customer_id=OTHER_CUSTOMER)
    assert shop.deliver(consumed_event()) == []
    assert shop.texts() == [(NUMBER, TEXT)]


def test_a_message_leaves_the_inbox_90_days_after_its_event(shop: NotificationsShop) -> None:
    shop.deliver(consumed_event())
    (item,) = shop.items()
    ends = datetime.fromtimestamp(item["expires_at"], UTC)
    occurred = datetime.fromisoformat(OCCURRED_AT).replace(microsecond=0)
    assert ends - occurred == timedelta(days=90)


def test_a_failing_text_message_is_retried_alone(shop: NotificationsShop) -> None:
    shop.choose(None, NUMBER)
    mailbox = Mailbox(shop.topic_arn, CUSTOMER)
    event = consumed_event()
    with refused(shop.sns, "sns.Publish", "Throttling", only=is_text_message) as refusals:
        assert shop.deliver(event) == [event.id]
        assert shop.deliver(event) == [event.id]
    assert len(refusals) >= 2
    assert [item["id"] for item in shop.inbox()] == [event.id]
    assert mailbox.read() == [ALERT]

    assert shop.deliver(event) == []

    assert shop.texts() == [(NUMBER, TEXT)]
    assert mailbox.read() == []


def test_a_failing_topic_is_retried_alone(shop: NotificationsShop) -> None:
    shop.choose(None, NUMBER)
    mailbox = Mailbox(shop.topic_arn, CUSTOMER)
    event = consumed_event()
    with refused(shop.sns, "sns.Publish", "AuthorizationError", status=403, only=is_alert):
        assert shop.deliver(event) == [event.id]
    assert shop.texts() == [(NUMBER, TEXT)]

    assert shop.deliver(event) == []

    assert mailbox.read() == [ALERT]
    assert shop.texts() == [(NUMBER, TEXT)]


def test_a_number_that_sns_refuses_leaves_no_dead_letter(shop: NotificationsShop) -> None:
    shop.choose(None, NUMBER)
    event = consumed_event()
    with refused(shop.sns, "sns.Publish", "InvalidParameter", only=is_text_message) as refusals:
        assert shop.deliver(event) == []
        assert shop.deliver(event) == []
    assert len(refusals) == 1
    assert len(shop.inbox()) == 1


def test_a_number_is_in_no_log_line_when_sns_refuses_it(shop: NotificationsShop) -> None:
    shop.choose(None, NUMBER)
    message = f"Invalid parameter: PhoneNumber Reason: {NUMBER} is not valid to publish to"
    refusal = refused(shop.sns, "sns.Publish", "InvalidParameter", message, only=is_text_message)
    with refusal, captured_logs() as lines:
        shop.deliver(consumed_event())
    assert [line["message"] for line in lines()] == ["number takes no text messages", "event"]
    assert NUMBER not in str(lines())


def test_only_the_failed_event_of_a_batch_comes_back(shop: NotificationsShop) -> None:
    broken = consumed_event("OrderConfirmed", data={"total": 1})
    whole = [consumed_event("OrderPlaced"), consumed_event("PaymentDeclined")]
    assert shop.deliver(whole[0], broken, whole[1]) == [broken.id]
    assert {item["id"] for item in shop.inbox()} == {event.id for event in whole}


@pytest.mark.parametrize("missing", [{"customer_id": None}, {"order_id": None}])
def test_an_event_without_customer_or_order_is_given_back(
    shop: NotificationsShop, missing: dict[str, Any]
) -> None:
    event = consumed_event(**missing)
    assert shop.deliver(event) == [event.id]
    assert shop.items() == []


def test_a_message_that_is_gone_from_the_inbox_needs_no_mark(shop: NotificationsShop) -> None:
    event = consumed_event()
    removed = []

    def remove_first(params: dict[str, Any], **context: Any) -> None:
        (item,) = shop.items()
        key = {"pk": {"S": item["pk"]}, "sk": {"S": item["sk"]}}
        removed.append(shop.dynamodb.delete_item(TableName="notifications", Key=key))

    shop.dynamodb.meta.events.register("before-call.dynamodb.UpdateItem", remove_first)
    assert shop.deliver(event) == []
    assert len(removed) == 1
    assert shop.items() == []
