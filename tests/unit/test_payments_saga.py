"""Whatever comes, in whatever order and however often: one charge at most, nothing kept wrongly."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from payments.models import PaymentStatus
from tests.support.payments import STALE_SECONDS, Shop
from tests.support.payments_bank import Mood
from tests.support.properties import repeatable

PLACED, RESERVED, CANCELLED = "OrderPlaced", "StockReserved", "OrderCancelled"
SWEEP = "sweep"
FINAL = {
    PaymentStatus.CAPTURED,
    PaymentStatus.DECLINED,
    PaymentStatus.CANCELLED,
    PaymentStatus.REFUNDED,
}
SWEEPS_AT_MOST = 8

happenings = st.lists(st.sampled_from([PLACED, RESERVED, CANCELLED, SWEEP]), max_size=12)
moods = st.lists(st.sampled_from(list(Mood)), max_size=4)
tokens = st.sampled_from(["tok_approved", "tok_declined"])


def calm_down(shop: Shop) -> None:
    """Sweep, with a provider that answers and a topic that accepts, until nothing is left."""
    shop.bank.moods = []
    shop.bank.meanwhile = None
    shop.topic.down = False
    for _ in range(SWEEPS_AT_MOST):
        swept = shop.sweep()
        assert swept is not None
        if (swept.settled, swept.unclear, swept.failed, swept.published) == (0, 0, 0, 0):
            return
    raise AssertionError(f"still moving after {SWEEPS_AT_MOST} sweeps: {shop.payment}")


@repeatable
@given(
    happenings=happenings,
    inside=st.lists(st.sampled_from([CANCELLED, SWEEP]), max_size=2),
    moods=moods,
    token=tokens,
    topic_down=st.booleans(),
)
def test_an_order_is_charged_at_most_once_and_a_cancelled_one_is_refunded(
    happenings: list[str], inside: list[str], moods: list[Mood], token: str, topic_down: bool
) -> None:
    shop = Shop()
    shop.bank.moods = list(moods)
    shop.topic.down = topic_down
    facts = {
        PLACED: shop.event(PLACED, payment_token=token),
        RESERVED: shop.event(RESERVED),
        CANCELLED: shop.event(CANCELLED),
    }

    def happen(name: str) -> None:
        if name == SWEEP:
            shop.sweep()
        else:
            shop.deliver(facts[name])

    def happen_inside() -> None:
        for name in inside:
            happen(name)

    shop.bank.meanwhile = happen_inside
    for name in happenings:
        happen(name)
    heard = {event.type for event in facts.values() if event.id in shop.ledger.seen}
    calm_down(shop)

    taken, given_back = shop.money
    assert taken <= 1
    assert given_back == (taken if CANCELLED in heard else 0)
    if heard:
        waits = not {PLACED, RESERVED} <= heard and CANCELLED not in heard
        assert (shop.payment.status is PaymentStatus.PENDING) == waits
        assert waits or shop.payment.status in FINAL
    if {PLACED, RESERVED} <= heard and CANCELLED not in heard:
        assert taken == (token == "tok_approved")  # noqa: S105 - no secret
    assert sorted(shop.topic.told()) == sorted(
        entry.event.type for entry in shop.ledger.outbox.values()
    )
    assert shop.topic.told().count("PaymentCaptured") == taken
    assert shop.topic.told().count("PaymentRefunded") == given_back


@repeatable
@given(order=st.permutations([PLACED, RESERVED, CANCELLED] * 2), moods=moods)
def test_a_payment_only_moves_forward(order: list[str], moods: list[Mood]) -> None:
    shop = Shop()
    shop.bank.moods = list(moods)
    facts = {name: shop.event(name) for name in (PLACED, RESERVED, CANCELLED)}
    passed: list[PaymentStatus] = []

    for name in order:
        shop.deliver(facts[name])
        passed.append(shop.payment.status)
        shop.sweep(after_seconds=STALE_SECONDS + 1)
        passed.append(shop.payment.status)

    final = next((at for at, status in enumerate(passed) if status in FINAL), len(passed))
    after = passed[final:]
    assert set(after) <= {*after[:1], PaymentStatus.REFUNDING, PaymentStatus.REFUNDED}
