"""Webhooks of the payment provider: who is believed, and what an event may change."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from common.clock import new_id
from common.errors import MalformedError, TooLargeError
from payments.models import PaymentStatus
from payments.ports import UnprovenError, WebhookVerifier
from payments.sandbox_webhook import SandboxWebhookVerifier
from payments.stripe_webhook import StripeWebhookVerifier
from payments.webhooks import MAX_BYTES, Webhooks
from tests.support.payments import Shop
from tests.support.payments_bank import Mood
from tests.support.payments_webhooks import (
    FAILED,
    REFUNDED,
    SECRET,
    SUCCEEDED,
    provider_event,
    signature,
)

BODY = b'{"id": "evt_1"}'
Damage = Callable[[str], str]


class Hearing:
    """A shop that hears webhooks."""

    def __init__(self) -> None:
        self.shop = Shop()
        verifier = SandboxWebhookVerifier(SECRET, clock=self.shop.clock)
        self.webhooks = Webhooks(
            self.shop.ledger,
            verifier,
            clock=self.shop.clock,
            count=lambda name: self.shop.counted.update([name]),
            measure=self.shop.measured,
        )

    @property
    def status(self) -> PaymentStatus:
        return self.shop.payment.status

    def tell(self, kind: str, *, event_id: str | None = None, **about: object) -> None:
        """A signed event about the shop's order."""
        self.send(provider_event(kind, self.shop.order_id, event_id=event_id, **about))

    def send(self, body: bytes) -> None:
        self.webhooks.receive(body, signature(body, self.shop.clock().timestamp()))

    def doubt(self, mood: Mood = Mood.LOSES_THE_ANSWER) -> None:
        """A charge whose outcome nobody knows."""
        self.shop.bank.moods = [mood]
        self.shop.happen("OrderPlaced", "StockReserved")
        assert self.status is PaymentStatus.UNKNOWN

    def pending_refund(self) -> str:
        """A refund that takes its time; gives the charge's reference."""
        self.shop.bank.refunds_take_time = True
        self.shop.happen("OrderPlaced", "StockReserved", "OrderCancelled")
        assert self.status is PaymentStatus.REFUNDING
        return str(self.shop.payment.provider_reference)


@pytest.fixture
def hearing() -> Hearing:
    return Hearing()


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(params=["sandbox", "stripe"])
def verifier(request: pytest.FixtureRequest) -> WebhookVerifier:
    if request.param == "stripe":
        return StripeWebhookVerifier(SECRET)
    return SandboxWebhookVerifier(SECRET, clock=now)


@pytest.mark.parametrize("age_seconds", [0, 290])
def test_a_webhook_is_believed_for_five_minutes(
    verifier: WebhookVerifier, age_seconds: int
) -> None:
    verifier.verify(BODY, signature(BODY, time.time() - age_seconds))


def test_one_fitting_signature_of_several_is_enough(verifier: WebhookVerifier) -> None:
    """While a secret is rolled Stripe signs with both."""
    moment = int(time.time())
    old = signature(BODY, moment, secret="another").partition(",")[2]  # noqa: S106 - as it says
    verifier.verify(BODY, f"t={moment},{old},{signature(BODY, moment).partition(',')[2]}")


@pytest.mark.parametrize(
    "damage",
    [
        lambda header: "",
        lambda header: "nonsense",
        lambda header: header.partition(",")[2],
        lambda header: header.partition(",")[0],
        lambda header: header.replace("v1=", "v0="),
        lambda header: header[:-1] + ("0" if header[-1] != "0" else "1"),
        lambda header: header.replace("t=", "t=1"),
        lambda header: header + "é",
        lambda header: signature(BODY, time.time() - 310),
        lambda header: signature(BODY, time.time(), secret="another"),  # noqa: S106 - as it says
        lambda header: signature(BODY + b" ", time.time()),
    ],
)
def test_any_other_is_not(verifier: WebhookVerifier, damage: Damage) -> None:
    with pytest.raises(UnprovenError):
        verifier.verify(BODY, damage(signature(BODY, time.time())))


def test_a_body_that_is_no_text_is_not_believed(verifier: WebhookVerifier) -> None:
    with pytest.raises(UnprovenError):
        verifier.verify(b"\xff", signature(BODY, time.time()))


def test_an_empty_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="set one"):
        SandboxWebhookVerifier("", clock=now)


def test_a_success_settles_an_unknown_charge_and_the_sweep_tells_of_it_once(
    hearing: Hearing,
) -> None:
    hearing.doubt()

    hearing.tell(SUCCEEDED)
    told = hearing.shop.topic.told()
    hearing.shop.sweep()

    assert hearing.status is PaymentStatus.CAPTURED
    assert hearing.shop.payment.provider_reference == f"pi_{hearing.shop.order_id}"
    assert (told, hearing.shop.topic.told()) == ([], ["PaymentCaptured"])
    assert hearing.shop.counted["PaymentsCaptured"] == 1


def test_a_failure_settles_an_unknown_charge_with_its_reason(hearing: Hearing) -> None:
    hearing.doubt()

    hearing.tell(FAILED, last_payment_error={"code": "expired_card", "type": "card_error"})

    assert hearing.status is PaymentStatus.DECLINED
    assert hearing.shop.payment.decline_reason == "expired_card"


def test_a_failure_without_a_code_is_a_decline_all_the_same(hearing: Hearing) -> None:
    hearing.doubt()

    hearing.tell(FAILED, last_payment_error=None)

    assert hearing.shop.payment.decline_reason == "card_declined"


def test_a_capture_of_an_order_that_was_cancelled_meanwhile_goes_back(hearing: Hearing) -> None:
    hearing.doubt()
    hearing.shop.happen("OrderCancelled")

    hearing.tell(SUCCEEDED)
    claimed = hearing.status
    hearing.shop.sweep()

    assert (claimed, hearing.status) == (PaymentStatus.REFUNDING, PaymentStatus.REFUNDED)
    assert hearing.shop.topic.told() == ["PaymentCaptured", "PaymentRefunded"]


def test_a_claim_stays_its_own_processs(hearing: Hearing) -> None:
    hearing.shop.bank.meanwhile = lambda: hearing.tell(SUCCEEDED)

    hearing.shop.happen("OrderPlaced", "StockReserved")

    assert hearing.shop.payment.provider_reference == f"bank-charge-{hearing.shop.order_id}"
    assert hearing.shop.topic.told() == ["PaymentCaptured"]


def test_a_whole_refund_settles_one_that_is_pending(hearing: Hearing) -> None:
    reference = hearing.pending_refund()

    hearing.tell(REFUNDED, payment_intent=reference, refunded=True)

    assert hearing.status is PaymentStatus.REFUNDED


def test_a_part_or_another_charges_refund_settles_nothing(hearing: Hearing) -> None:
    reference = hearing.pending_refund()

    hearing.tell(REFUNDED, payment_intent=reference, refunded=False)
    hearing.tell(REFUNDED, payment_intent="pi_other", refunded=True)

    assert hearing.status is PaymentStatus.REFUNDING


@pytest.mark.parametrize(
    ("kinds", "left"),
    [
        ((SUCCEEDED, FAILED), PaymentStatus.CAPTURED),
        ((FAILED, SUCCEEDED), PaymentStatus.DECLINED),
        ((REFUNDED, SUCCEEDED), PaymentStatus.CAPTURED),
    ],
)
def test_the_order_of_events_leads_nowhere_back(
    hearing: Hearing, kinds: tuple[str, ...], left: PaymentStatus
) -> None:
    hearing.doubt()

    for kind in kinds:
        hearing.tell(kind)

    assert hearing.status is left


def test_an_event_counts_once_even_if_its_effect_could_come_again(hearing: Hearing) -> None:
    hearing.doubt()
    hearing.tell(SUCCEEDED, event_id="evt_1")
    unknown = replace(hearing.shop.payment, status=PaymentStatus.UNKNOWN)
    hearing.shop.ledger.payments[hearing.shop.order_id] = unknown

    hearing.tell(SUCCEEDED, event_id="evt_1")

    assert hearing.status is PaymentStatus.UNKNOWN


@pytest.mark.parametrize("kind", ["customer.created", "payment_intent.created"])
def test_other_types_are_left_alone(hearing: Hearing, kind: str) -> None:
    hearing.doubt()

    hearing.tell(kind)

    assert hearing.status is PaymentStatus.UNKNOWN
    assert hearing.shop.ledger.heard == set()


def test_an_unknown_payment_and_another_systems_charge_are_left_alone(hearing: Hearing) -> None:
    hearing.doubt()

    hearing.send(provider_event(SUCCEEDED, new_id()))
    names = {"order_id": hearing.shop.order_id, "charge": "of another system"}
    hearing.tell(SUCCEEDED, metadata=names)
    hearing.tell(SUCCEEDED, metadata={})

    assert hearing.status is PaymentStatus.UNKNOWN


def test_a_body_may_have_64_kilobytes(hearing: Hearing) -> None:
    event = provider_event("customer.created", "")
    hearing.send(event + b" " * (MAX_BYTES - len(event)))

    with pytest.raises(TooLargeError, match="65536 at most"):
        hearing.webhooks.receive(b" " * (MAX_BYTES + 1), "")


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"id": "", "type": "a", "data": {}}', b"[" * 20_000],
)
def test_what_is_signed_and_no_event_is_malformed(hearing: Hearing, body: bytes) -> None:
    with pytest.raises(MalformedError, match="no event"):
        hearing.send(body)


def test_an_event_without_its_object_is_malformed(hearing: Hearing) -> None:
    with pytest.raises(MalformedError, match="no event"):
        hearing.send(b'{"id": "evt_1", "type": "charge.refunded", "data": {}}')


def test_why_a_webhook_is_not_believed_is_not_told(hearing: Hearing) -> None:
    moment = hearing.shop.clock().timestamp()
    refusals = set()
    for header in ("", "t=1,v1=00", signature(BODY, moment - 301)):
        with pytest.raises(MalformedError) as refused:
            hearing.webhooks.receive(BODY, header)
        refusals.add(refused.value.detail)

    assert len(refusals) == 1
