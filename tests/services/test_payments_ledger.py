"""The ledger on real PostgreSQL: one claim, one commit, and what each role may do."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import psycopg
import pytest
from msgspec.structs import replace

from common.clock import new_id
from common.errors import UnavailableError
from payments.database import Address, Connection, Database
from payments.models import Payment, PaymentStatus
from payments.ports import Decision
from payments.store import PostgresLedger
from tests.support.payments import START, Service
from tests.support.payments_bank import Mood
from tests.support.postgres import PostgresCluster

Running = Service[PostgresLedger]
AGES = timedelta(days=365)


class Processes:
    """Processes of the functions, each with a connection of its own, and one bank for all."""

    def __init__(self, postgres: PostgresCluster, address: Address) -> None:
        self.address = address
        self.connections: list[Connection] = []
        self._postgres = postgres
        self._first: Running | None = None

    def start(self) -> Running:
        """One more process, about the same order as the first."""
        service: Running = Service(
            PostgresLedger(Database(self._connect)),
            bank=self._first.bank if self._first else None,
            clock=self._first.clock if self._first else None,
        )
        self._first = self._first or service
        service.order_id = self._first.order_id
        return service

    def _connect(self) -> Connection:
        self.connections.append(self._postgres.application(self.address))
        return self.connections[-1]


@pytest.fixture
def processes(postgres: PostgresCluster, ledger_address: Address) -> Iterator[Processes]:
    started = Processes(postgres, ledger_address)
    yield started
    for connection in started.connections:
        connection.close()


@pytest.fixture
def service(processes: Processes) -> Running:
    return processes.start()


def side_by_side(*acts: threading.Thread) -> None:
    """Run the threads at once, to their end."""
    for act in acts:
        act.start()
    for act in acts:
        act.join(20)
        assert not act.is_alive()


def test_a_payment_is_read_as_it_was_written(service: Running) -> None:
    service.happen("OrderPlaced", "StockReserved", "OrderCancelled")
    payment = service.payment

    assert service.ledger.payment(service.order_id) == payment
    assert payment.status is PaymentStatus.REFUNDED
    assert payment.agreed.amount == 2500
    assert payment.charge_started_at is not None
    assert payment.created_at < payment.charge_started_at
    assert payment.provider_reference == f"bank-charge-{service.order_id}"
    assert service.ledger.payment(new_id()) is None


def test_two_connections_that_claim_at_once_charge_once(processes: Processes) -> None:
    first, second = processes.start(), processes.start()
    first.happen("OrderPlaced")
    meeting = threading.Barrier(2, timeout=10)

    def deliver(service: Running) -> None:
        event = service.event("StockReserved")
        meeting.wait()
        service.deliver(event)

    side_by_side(
        threading.Thread(target=deliver, args=(first,)),
        threading.Thread(target=deliver, args=(second,)),
    )

    assert first.payment.status is PaymentStatus.CAPTURED
    assert first.payment.charge_attempts == 1
    assert first.bank.calls == ["charge"]


def test_a_decision_waits_for_the_commit_of_another_and_is_made_on_what_it_left(
    processes: Processes, postgres: PostgresCluster
) -> None:
    first, second = processes.start(), processes.start()
    first.happen("OrderPlaced")
    order_id = first.order_id
    deciding, decided = threading.Event(), threading.Event()
    found: list[PaymentStatus] = []

    def decide_slowly(payment: Payment) -> Decision:
        deciding.set()
        with closing(postgres.superuser()) as owner:
            while not decided.wait(0.01) and not _somebody_waits(owner):
                pass
        return Decision(replace(payment, status=PaymentStatus.CANCELLED))

    def come_second() -> None:
        deciding.wait(10)
        second.ledger.settle(order_id, lambda payment: found.append(payment.status))
        decided.set()

    side_by_side(
        threading.Thread(target=first.ledger.settle, args=(order_id, decide_slowly)),
        threading.Thread(target=come_second),
    )

    assert found == [PaymentStatus.CANCELLED]


def test_the_same_event_on_two_connections_at_once_counts_once(processes: Processes) -> None:
    first, second = processes.start(), processes.start()
    first.happen("OrderPlaced", "StockReserved")
    cancelled = first.event("OrderCancelled")

    side_by_side(
        threading.Thread(target=first.deliver, args=(cancelled,)),
        threading.Thread(target=second.deliver, args=(cancelled,)),
    )

    assert first.money == (1, 1)
    assert first.bank.calls == ["charge", "refund"]


def test_an_event_that_was_seen_is_not_decided_on_again(service: Running) -> None:
    service.happen("OrderPlaced")
    placed = service.payment
    decided: list[Payment] = []

    def decide(payment: Payment) -> Decision:
        decided.append(payment)
        return Decision(replace(payment, stock_reserved=True))

    first = service.ledger.record("event-1", placed, decide)
    again = service.ledger.record("event-1", placed, decide)

    assert decided == [placed]
    assert first.after.stock_reserved
    assert again.before == again.after == first.after


def test_a_process_that_dies_between_claim_and_outcome_is_settled_by_another(
    processes: Processes,
) -> None:
    first, second = processes.start(), processes.start()
    first.bank.moods = [Mood.KILLS_THE_CALLER]
    first.happen("OrderPlaced", "StockReserved")
    left = second.payment

    second.sweep(after_seconds=1)
    too_early = second.payment
    second.sweep()

    assert left.status is PaymentStatus.CHARGING
    assert too_early == left
    assert second.payment.status is PaymentStatus.CAPTURED
    assert second.money == (1, 0)
    assert second.topic.told() == ["PaymentCaptured"]


def test_state_and_event_are_one_commit(
    service: Running, postgres: PostgresCluster, ledger_address: Address
) -> None:
    service.happen("OrderPlaced")
    with closing(postgres.master(ledger_address)) as master:
        master.execute(b"ALTER TABLE ledger.outbox ADD CHECK (envelope IS NULL)")

    with pytest.raises(psycopg.errors.CheckViolation):
        service.happen("StockReserved")

    assert service.payment.status is PaymentStatus.CHARGING
    assert service.topic.told() == []


def test_an_announcement_waits_in_the_outbox_until_the_sweep(service: Running) -> None:
    service.topic.down = True
    service.happen("OrderPlaced", "StockReserved")
    service.topic.down = False

    waiting = service.ledger.unpublished(START + AGES, 10)
    service.sweep()

    assert [entry.event.type for entry in waiting] == ["PaymentCaptured"]
    assert service.topic.accepted == waiting
    assert service.ledger.unpublished(START + AGES, 10) == []


def test_the_oldest_announcements_leave_first_and_only_so_many(service: Running) -> None:
    service.topic.down = True
    service.happen("OrderPlaced", "StockReserved", "OrderCancelled")

    one = service.ledger.unpublished(START + AGES, 1)
    both = service.ledger.unpublished(START + AGES, 5)

    assert [entry.event.type for entry in one] == ["PaymentCaptured"]
    assert [entry.event.type for entry in both] == ["PaymentCaptured", "PaymentRefunded"]
    assert service.ledger.unpublished(START, 5) == []


def test_only_what_is_published_and_old_is_forgotten(service: Running) -> None:
    service.happen("OrderPlaced", "StockReserved")
    service.topic.down = True
    service.happen("OrderCancelled")
    service.topic.down = False

    young = service.ledger.forget(START, 100)
    old = service.ledger.forget(START + AGES, 100)

    assert young == 0
    assert old == len(["PaymentCaptured"]) + len(["three", "seen", "events"])
    assert [entry.event.type for entry in service.ledger.unpublished(START + AGES, 5)] == [
        "PaymentRefunded"
    ]
    assert service.payment.status is PaymentStatus.REFUNDED


def test_the_sweep_sees_unknown_payments_at_once_and_claims_when_they_are_stale(
    service: Running,
) -> None:
    orders = {}
    for mood in (Mood.LOSES_THE_ANSWER, Mood.KILLS_THE_CALLER, Mood.ANSWERS):
        service.order_id = orders[mood] = new_id()
        service.bank.moods = [mood]
        service.happen("OrderPlaced", "StockReserved")

    at_once = service.ledger.unsettled(START, 10)
    later = service.ledger.unsettled(START + AGES, 10)

    assert {payment.order_id for payment in at_once} == {orders[Mood.LOSES_THE_ANSWER]}
    assert {payment.order_id for payment in later} == {
        orders[Mood.LOSES_THE_ANSWER],
        orders[Mood.KILLS_THE_CALLER],
    }
    assert len(service.ledger.unsettled(START + AGES, 1)) == 1


def test_a_payment_that_does_not_exist_cannot_be_settled(service: Running) -> None:
    with pytest.raises(LookupError, match="has no payment"):
        service.ledger.settle(service.order_id, lambda payment: None)


def test_a_lock_that_is_held_too_long_is_an_unavailable_ledger(
    service: Running, postgres: PostgresCluster, ledger_address: Address
) -> None:
    service.happen("OrderPlaced")
    with closing(postgres.superuser(ledger_address.name)) as owner:
        owner.execute("ALTER ROLE payments_app SET lock_timeout = '50ms'")
        try:
            with owner.transaction():
                owner.execute("LOCK TABLE ledger.payments")
                other = Database(lambda: postgres.application(ledger_address))
                with pytest.raises(UnavailableError, match="lock timeout"):
                    _count_payments(other)
        finally:
            owner.execute("ALTER ROLE payments_app SET lock_timeout = '3s'")


def _somebody_waits(owner: psycopg.Connection) -> bool:
    row = owner.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()
    return row is not None and row[0] > 0


def _count_payments(database: Database) -> int:
    def work(connection: Connection) -> int:
        with closing(connection):
            return len(connection.execute(b"SELECT * FROM ledger.payments").fetchall())

    return database.transact(work)
