"""Where alerts go: what is accepted, who is asked, and that nobody keeps getting another's."""

from __future__ import annotations

import msgspec
import pytest

from common.errors import ConflictError
from notifications.models import Preferences, StoredPreferences
from notifications.preferences import PreferenceDesk
from tests.support.notifications import NUMBER, InMemoryInboxes, InMemorySubscriptions
from tests.support.payloads import CUSTOMER

ADA, BOB = "ada@example.com", "bob@example.com"


class World:
    """A desk, its store, and who is subscribed."""

    def __init__(self) -> None:
        self.store = InMemoryInboxes()
        self.subscriptions = InMemorySubscriptions()
        self.desk = PreferenceDesk(self.store, self.subscriptions)

    def choose(self, email: str | None, sms_number: str | None = None) -> Preferences:
        return self.desk.choose(CUSTOMER, Preferences(email=email, sms_number=sms_number))


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize(
    "email",
    [ADA, "a@b.co", "first.last+tag@sub.example.museum", "o'hara@example.com", f"a@{'b' * 63}.co"],
)
def test_an_address_is_accepted(email: str) -> None:
    body = msgspec.json.encode({"email": email, "sms_number": None})
    assert msgspec.json.decode(body, type=Preferences).email == email


@pytest.mark.parametrize(
    "email",
    [
        "",
        "ada",
        "@example.com",
        "ada@",
        "ada@localhost",
        "ada@example..com",
        "ada@-example.com",
        "ada lovelace@example.com",
        "ada@example.com\n",
        "ada@example.com\r\nBcc: bob@example.com",
        "ada@exämple.com",
        "a@b@c.com",
        f"{'a' * 65}@example.com",
        f"a@{'b' * 64}.co",
        f"{'a' * 60}@{'.'.join(['b' * 60] * 4)}.co",
    ],
)
def test_what_is_no_address_is_refused(email: str) -> None:
    body = msgspec.json.encode({"email": email, "sms_number": None})
    with pytest.raises(msgspec.ValidationError, match=r"\$\.email"):
        msgspec.json.decode(body, type=Preferences)


@pytest.mark.parametrize("number", [NUMBER, "+1234567", "+123456789012345"])
def test_a_number_is_accepted(number: str) -> None:
    body = msgspec.json.encode({"email": None, "sms_number": number})
    assert msgspec.json.decode(body, type=Preferences).sms_number == number


@pytest.mark.parametrize(
    "number",
    [
        "",
        "+",
        "4915112345678",
        "+0123456789",
        "+123456",
        "+1234567890123456",
        f"{NUMBER}\n",
        "+49 151 12345678",
        "+49-151-12345678",
        "+49151a2345678",
        "arn:aws:sns:eu-west-1:1:t",
    ],
)
def test_what_is_no_number_is_refused(number: str) -> None:
    body = msgspec.json.encode({"email": None, "sms_number": number})
    with pytest.raises(msgspec.ValidationError, match=r"\$\.sms_number"):
        msgspec.json.decode(body, type=Preferences)


@pytest.mark.parametrize("body", [b"{}", b'{"email":null}', b'{"sms_number":null}'])
def test_a_choice_that_leaves_something_out_is_refused(body: bytes) -> None:
    with pytest.raises(msgspec.ValidationError, match="missing required field"):
        msgspec.json.decode(body, type=Preferences)


def test_a_choice_with_an_unknown_field_is_refused() -> None:
    body = b'{"email":null,"sms_number":null,"phone":null}'
    with pytest.raises(msgspec.ValidationError, match="unknown field `phone`"):
        msgspec.json.decode(body, type=Preferences)


def test_a_customer_who_never_chose_has_neither(world: World) -> None:
    assert world.desk.preferences(CUSTOMER) == Preferences(email=None, sms_number=None)


def test_a_choice_is_what_is_read_afterwards(world: World) -> None:
    chosen = world.choose(ADA, NUMBER)
    assert chosen == Preferences(email=ADA, sms_number=NUMBER)
    assert world.desk.preferences(CUSTOMER) == chosen


def test_a_new_address_is_asked_to_confirm(world: World) -> None:
    world.choose(ADA)
    assert world.subscriptions.asked == [ADA]
    assert world.subscriptions.active == {ADA: CUSTOMER}


def test_a_changed_address_takes_the_place_of_the_former(world: World) -> None:
    world.choose(ADA)
    world.subscriptions.confirmed.add(ADA)
    world.choose(BOB)
    assert world.subscriptions.active == {BOB: CUSTOMER}


def test_no_address_ends_the_subscription_and_keeps_the_number(world: World) -> None:
    world.choose(ADA, NUMBER)
    world.subscriptions.confirmed.add(ADA)
    world.choose(None, NUMBER)
    assert world.subscriptions.active == {}
    assert world.desk.preferences(CUSTOMER) == Preferences(email=None, sms_number=NUMBER)


def test_changing_the_number_leaves_a_confirmed_address_alone(world: World) -> None:
    world.choose(ADA)
    world.subscriptions.confirmed.add(ADA)
    world.choose(ADA, NUMBER)
    assert world.subscriptions.active == {ADA: CUSTOMER}
    assert world.subscriptions.asked == [ADA]


def test_the_same_choice_again_sends_a_lost_confirmation_anew(world: World) -> None:
    world.choose(ADA)
    world.choose(ADA)
    assert world.subscriptions.asked == [ADA, ADA]


def test_a_former_address_that_confirms_late_is_let_go_of_at_the_next_change(
    world: World,
) -> None:
    world.choose(ADA)
    world.choose(BOB)
    assert world.store.preferences(CUSTOMER).leaving == (f"arn:{ADA}",)
    world.subscriptions.confirmed.add(ADA)

    world.choose(BOB)

    assert world.subscriptions.active == {BOB: CUSTOMER}
    assert world.store.preferences(CUSTOMER).leaving == ()


def test_going_back_to_an_address_that_is_still_asked_keeps_it(world: World) -> None:
    world.choose(ADA)
    world.choose(BOB)
    world.choose(ADA)
    stored = world.store.preferences(CUSTOMER)
    assert (stored.subscription_arn, stored.leaving) == (f"arn:{ADA}", (f"arn:{BOB}",))


def test_of_two_changes_at_once_the_later_wins_and_no_address_is_left_over(world: World) -> None:
    world.subscriptions.active[BOB] = CUSTOMER
    world.subscriptions.confirmed.add(BOB)
    theirs = StoredPreferences(email=BOB, subscription_arn=f"arn:{BOB}", revision=1)
    world.store.others_choose = [(CUSTOMER, theirs)]

    world.choose(ADA)

    assert world.subscriptions.active == {ADA: CUSTOMER}
    assert world.store.preferences(CUSTOMER).revision == 2


def test_a_choice_that_others_keep_overtaking_is_a_conflict(world: World) -> None:
    world.store.others_choose = [
        (CUSTOMER, StoredPreferences(revision=revision)) for revision in (1, 2, 3)
    ]
    with pytest.raises(ConflictError, match="being changed elsewhere"):
        world.choose(None, NUMBER)
    assert world.store.preferences(CUSTOMER).sms_number is None
