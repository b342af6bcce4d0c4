"""The inbox and the preferences as a customer uses them, on emulated AWS."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from common.paging import encode_cursor
from notifications import handler
from tests.support.faults import refused
from tests.support.notifications import NUMBER, ORDER, consumed_event
from tests.support.notifications_aws import NotificationsShop, notifications_shop
from tests.support.payloads import CUSTOMER, OTHER_CUSTOMER, http_event

INBOX = "GET /notifications"
READ = "GET /notifications/preferences"
CHOOSE = "PUT /notifications/preferences"
ADA, BOB = "ada@example.com", "bob@example.com"


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[NotificationsShop]:
    with notifications_shop(monkeypatch) as running:
        yield running


def test_an_inbox_shows_what_happened_newest_first(shop: NotificationsShop) -> None:
    earlier = consumed_event("OrderPlaced", occurred_at="2026-11-24T03:11:00.000Z")
    later = consumed_event("OrderConfirmed", occurred_at="2026-11-24T03:11:01.000Z")
    shop.deliver(later, earlier)

    status, page = shop.request(INBOX)

    assert status == 200
    assert page["next_cursor"] is None
    assert [item["type"] for item in page["items"]] == ["OrderConfirmed", "OrderPlaced"]
    assert page["items"][0] == {
        "id": later.id,
        "type": "OrderConfirmed",
        "order_id": ORDER,
        "text": f"Your order {ORDER} is confirmed and paid: 25.00 EUR.",
        "occurred_at": "2026-11-24T03:11:01.000Z",
    }


def test_pages_follow_one_another_without_gap_or_repetition(shop: NotificationsShop) -> None:
    shop.choose(ADA)
    events = [consumed_event(occurred_at=f"2026-11-24T03:11:0{n}.000Z") for n in range(5)]
    shop.deliver(*events)

    pages = []
    query = {"limit": "2"}
    while True:
        status, page = shop.request(INBOX, query=query)
        assert status == 200
        pages.append([item["id"] for item in page["items"]])
        if page["next_cursor"] is None:
            break
        query = {"limit": "2", "cursor": page["next_cursor"]}

    ids = [event.id for event in reversed(events)]
    assert pages == [ids[:2], ids[2:4], ids[4:]]


def test_a_customer_sees_no_other_s_inbox_or_preferences(shop: NotificationsShop) -> None:
    shop.deliver(consumed_event())
    shop.choose(ADA, NUMBER)
    assert shop.inbox(OTHER_CUSTOMER) == []
    status, body = shop.request(READ, customer_id=OTHER_CUSTOMER)
    assert (status, body) == (200, {"email": None, "sms_number": None})


@pytest.mark.parametrize("limit", ["0", "51", "-1", "x", "", "1.5", "٣"])
def test_a_limit_out_of_range_is_refused(shop: NotificationsShop, limit: str) -> None:
    status, body = shop.request(INBOX, query={"limit": limit})
    assert (status, body["status"]) == (422, 422)
    assert "from 1 to 50" in body["errors"][0]


def test_a_tampered_cursor_is_refused(shop: NotificationsShop) -> None:
    shop.deliver(consumed_event(), consumed_event())
    _, page = shop.request(INBOX, query={"limit": "1"})
    cursor = page["next_cursor"]
    changed = cursor[:-1] + ("A" if cursor[-1] != "A" else "B")
    for bad in (changed, cursor[:-4], "", "%%%"):
        status, body = shop.request(INBOX, query={"cursor": bad})
        assert (status, body["type"].rsplit("/", 1)[-1]) == (400, "malformed-request")


def test_a_cursor_made_up_to_reach_the_preferences_reaches_messages_only(
    shop: NotificationsShop,
) -> None:
    shop.choose(ADA)
    shop.deliver(consumed_event())
    cursor = encode_cursor(f"notifications of {CUSTOMER}", ["PREFERENCES~"])
    status, page = shop.request(INBOX, query={"cursor": cursor})
    assert status == 200
    assert {item["type"] for item in page["items"]} == {"OrderConfirmed"}


def test_choosing_an_address_subscribes_it_to_the_customer_s_alerts_only(
    shop: NotificationsShop,
) -> None:
    status, body = shop.choose(ADA, NUMBER)
    assert (status, body) == (200, {"email": ADA, "sms_number": NUMBER})
    assert shop.request(READ) == (200, body)
    assert shop.subscriptions() == {ADA: {"customer_id": [CUSTOMER]}}


def test_changing_and_removing_the_address_ends_its_subscription(shop: NotificationsShop) -> None:
    shop.choose(ADA)
    shop.choose(BOB)
    assert list(shop.subscriptions()) == [BOB]
    shop.choose(None, NUMBER)
    assert shop.subscriptions() == {}
    assert shop.request(READ)[1] == {"email": None, "sms_number": NUMBER}


def test_a_subscription_that_is_gone_already_is_no_obstacle(shop: NotificationsShop) -> None:
    shop.choose(ADA)
    with refused(shop.sns, "sns.Unsubscribe", "NotFound", status=404):
        assert shop.choose(BOB)[0] == 200
    (item,) = shop.items()
    assert (item["email"], "leaving" in item) == (BOB, False)


def test_an_address_nobody_confirmed_is_let_go_of_as_soon_as_sns_allows(
    shop: NotificationsShop,
) -> None:
    shop.choose(ADA)
    message = (
        "Invalid parameter: SubscriptionArn Reason: Cannot unsubscribe a subscription that is "
        "pending confirmation"
    )
    with refused(shop.sns, "sns.Unsubscribe", "InvalidParameter", message):
        assert shop.choose(BOB)[0] == 200
    assert sorted(shop.subscriptions()) == [ADA, BOB]

    assert shop.choose(BOB)[0] == 200

    assert list(shop.subscriptions()) == [BOB]


def test_an_address_that_sns_refuses_is_the_caller_s_to_correct(shop: NotificationsShop) -> None:
    message = "Attributes Reason: Subscription already exists with different attributes"
    with refused(shop.sns, "sns.Subscribe", "InvalidParameter", message):
        status, body = shop.choose(ADA, NUMBER)
    assert status == 422
    assert body["errors"] == ["email: alerts cannot be sent to this address; use another"]
    assert shop.items() == []


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ("sns.Subscribe", "InternalError"),
        ("sns.Unsubscribe", "InternalError"),
        ("sns.Unsubscribe", "InvalidParameter"),
    ],
)
def test_a_choice_that_sns_does_not_take_changes_nothing_and_may_be_repeated(
    shop: NotificationsShop, operation: str, code: str
) -> None:
    shop.choose(ADA)
    with refused(shop.sns, operation, code):
        status, body = shop.choose(BOB)
    assert (status, body["title"]) == (503, "Temporarily unavailable")
    assert shop.request(READ)[1]["email"] == ADA

    assert shop.choose(BOB)[0] == 200
    assert list(shop.subscriptions()) == [BOB]


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ("", 400, None),
        ("{", 400, None),
        ("[]", 422, "Expected `object`, got `array`"),
        ({"email": ADA}, 422, "missing required field `sms_number`"),
        ({"email": "ada", "sms_number": None}, 422, "`$.email`"),
        ({"email": None, "sms_number": "123"}, 422, "`$.sms_number`"),
        ({"email": 5, "sms_number": None}, 422, "`$.email`"),
        ({"email": None, "sms_number": None, "x": 1}, 422, "unknown field `x`"),
    ],
)
def test_a_choice_that_breaks_a_rule_is_refused(
    shop: NotificationsShop, body: object, status: int, error: str | None
) -> None:
    answered, problem = shop.request(CHOOSE, body=body)
    assert (answered, problem["status"]) == (status, status)
    if error:
        assert error in problem["errors"][0]
    assert shop.items() == []


def test_a_table_that_does_not_answer_is_temporarily_unavailable(shop: NotificationsShop) -> None:
    with refused(shop.dynamodb, "dynamodb.Query", "InternalServerError", status=500):
        status, body = shop.request(INBOX)
    assert (status, body["type"].rsplit("/", 1)[-1]) == (503, "unavailable")


def test_a_request_without_a_caller_is_not_served(shop: NotificationsShop) -> None:
    answer = handler.http(http_event(INBOX, customer_id=None), None)
    assert answer["statusCode"] == 500
    assert answer["headers"]["content-type"] == "application/problem+json"
