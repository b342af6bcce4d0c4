"""Who is told, how often, and what a page of the inbox holds."""

from __future__ import annotations

import pytest

from common.errors import MalformedError, UnavailableError
from common.paging import encode_cursor
from notifications.logic import Inbox, Notifier
from notifications.models import StoredPreferences
from notifications.ports import Channel
from tests.support.notifications import (
    CONSUMED,
    NUMBER,
    ORDER,
    InMemoryInboxes,
    RecordingAlerts,
    RecordingLive,
    consumed_event,
)
from tests.support.payloads import CUSTOMER, OTHER_CUSTOMER

TEXT = f"Your order {ORDER} is confirmed and paid: 25.00 EUR."


class World:
    """A notifier, and what it told."""

    def __init__(self) -> None:
        self.store = InMemoryInboxes()
        self.alerts = RecordingAlerts()
        self.live = RecordingLive()
        self.notifier = Notifier(self.store, self.store, self.alerts, self.live)
        self.inbox = Inbox(self.store)

    def give_number(self) -> None:
        self.store.chosen[CUSTOMER] = StoredPreferences(sms_number=NUMBER, revision=1)

    def read(self) -> list[str]:
        return [item.text for item in self.inbox.page(CUSTOMER, None, 50).items]


@pytest.fixture
def world() -> World:
    return World()


def test_an_event_reaches_inbox_and_topic(world: World) -> None:
    event = consumed_event()
    world.notifier.notify(event)

    (message,) = world.inbox.page(CUSTOMER, None, 20).items
    assert (message.id, message.type, message.order_id) == (event.id, "OrderConfirmed", ORDER)
    assert (message.text, message.occurred_at) == (TEXT, event.occurred_at)
    assert world.alerts.published == world.live.pushed == [(CUSTOMER, TEXT)]
    assert world.alerts.texts == []


def test_a_customer_with_a_number_gets_a_text_message_too(world: World) -> None:
    world.give_number()
    world.notifier.notify(consumed_event())
    assert world.alerts.texts == [(NUMBER, TEXT)]


@pytest.mark.parametrize("kind", CONSUMED)
def test_an_event_delivered_twice_is_told_once(world: World, kind: str) -> None:
    world.give_number()
    event = consumed_event(kind)
    world.notifier.notify(event)
    world.notifier.notify(event)
    sent = (world.alerts.published, world.alerts.texts, world.live.pushed)
    assert [len(world.read()), *map(len, sent)] == [1, 1, 1, 1]


def test_an_event_that_crashed_between_inbox_and_mark_alerts_again(world: World) -> None:
    event = consumed_event()
    world.store.crashes = 1
    with pytest.raises(SystemExit):
        world.notifier.notify(event)

    world.notifier.notify(event)
    world.notifier.notify(event)

    assert world.read() == [TEXT]
    assert world.alerts.published == [(CUSTOMER, TEXT)] * 2


def test_a_failing_text_message_fails_the_event_after_inbox_and_topic(world: World) -> None:
    world.give_number()
    world.alerts.down = {Channel.SMS}
    with pytest.raises(UnavailableError, match="sms does not answer"):
        world.notifier.notify(consumed_event())
    assert world.read() == [TEXT]
    assert world.alerts.published == [(CUSTOMER, TEXT)]


def test_a_retry_repeats_only_the_channel_that_failed(world: World) -> None:
    world.give_number()
    event = consumed_event()
    world.alerts.down = {Channel.SMS}
    for _ in range(2):
        with pytest.raises(UnavailableError):
            world.notifier.notify(event)
    world.alerts.down = set()

    world.notifier.notify(event)

    assert world.alerts.published == [(CUSTOMER, TEXT)]
    assert world.alerts.texts == [(NUMBER, TEXT)]


def test_a_failing_topic_does_not_hold_up_the_text_message(world: World) -> None:
    world.give_number()
    event = consumed_event()
    world.alerts.down = {Channel.TOPIC}
    with pytest.raises(UnavailableError, match="topic does not answer"):
        world.notifier.notify(event)
    world.alerts.down = set()

    world.notifier.notify(event)

    assert world.alerts.texts == [(NUMBER, TEXT)]
    assert world.alerts.published == [(CUSTOMER, TEXT)]


def test_when_all_channels_fail_the_message_is_still_in_the_inbox(world: World) -> None:
    world.give_number()
    world.alerts.down = set(Channel)
    with pytest.raises(UnavailableError):
        world.notifier.notify(consumed_event())
    assert world.read() == [TEXT]
    assert set.union(*world.store.done.values()) == {Channel.LIVE}, "which never fails"


def test_a_number_that_can_never_be_sent_to_is_not_tried_again(world: World) -> None:
    world.give_number()
    world.alerts.refused_numbers = {NUMBER}
    event = consumed_event()
    world.notifier.notify(event)
    assert world.store.done[event.id] == set(Channel)


def test_a_number_given_later_gets_no_old_alerts(world: World) -> None:
    event = consumed_event()
    world.notifier.notify(event)
    world.give_number()
    world.notifier.notify(event)
    assert world.alerts.texts == []


@pytest.mark.parametrize("missing", ["customer_id", "order_id"])
def test_an_event_of_nobody_s_order_is_an_error(world: World, missing: str) -> None:
    event = consumed_event(**{missing: None})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="must have both customer_id and order_id"):
        world.notifier.notify(event)
    assert world.store.inboxes == {}


def test_times_of_other_zones_are_brought_to_utc_so_that_they_sort(world: World) -> None:
    world.notifier.notify(consumed_event(occurred_at="2026-11-24T05:11:00+02:00"))
    (message,) = world.inbox.page(CUSTOMER, None, 20).items
    assert message.occurred_at == "2026-11-24T03:11:00.000Z"


def test_pages_lead_from_the_newest_message_to_the_oldest(world: World) -> None:
    times = [f"2026-11-24T03:11:0{second}.000Z" for second in (3, 1, 4, 0, 2)]
    for moment in times:
        world.notifier.notify(consumed_event(occurred_at=moment))

    pages, cursor = [], None
    while True:
        page = world.inbox.page(CUSTOMER, cursor, 2)
        pages.append([item.occurred_at for item in page.items])
        cursor = page.next_cursor
        if cursor is None:
            break

    newest_first = sorted(times, reverse=True)
    assert pages == [newest_first[:2], newest_first[2:4], newest_first[4:]]


def test_a_page_that_holds_all_has_no_next(world: World) -> None:
    for _ in range(2):
        world.notifier.notify(consumed_event())
    assert world.inbox.page(CUSTOMER, None, 2).next_cursor is None


def test_an_empty_inbox_is_an_empty_page(world: World) -> None:
    page = world.inbox.page(CUSTOMER, None, 20)
    assert (page.items, page.next_cursor) == ((), None)


def test_nobody_reads_another_s_inbox(world: World) -> None:
    world.notifier.notify(consumed_event())
    assert world.inbox.page(OTHER_CUSTOMER, None, 20).items == ()


def test_a_cursor_of_another_s_inbox_is_refused(world: World) -> None:
    for _ in range(2):
        world.notifier.notify(consumed_event())
    cursor = world.inbox.page(CUSTOMER, None, 1).next_cursor
    with pytest.raises(MalformedError, match="not one this list gave"):
        world.inbox.page(OTHER_CUSTOMER, cursor, 1)


@pytest.mark.parametrize("position", [[], [""], ["a", "b"], ["x" * 201]])
def test_a_cursor_that_no_page_gave_is_refused(world: World, position: list[str]) -> None:
    cursor = encode_cursor(f"notifications of {CUSTOMER}", position)
    with pytest.raises(MalformedError, match="not one this list gave"):
        world.inbox.page(CUSTOMER, cursor, 1)
