"""A shop's stores go back to one second while orders come, and what is missing then is found."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext

import pytest

from local.children import Children
from tools.restore import __main__ as command
from tools.restore.drill import DATABASE, Rehearsal, rehearse

pytestmark = pytest.mark.xdist_group("local")


@pytest.fixture(scope="module")
def rehearsal() -> Iterator[Rehearsal]:
    """Both stores, restored beside a shop that sells."""
    children = Children()
    try:
        with rehearse(children, lambda line: None) as rehearsed:
            yield rehearsed
    finally:
        children.stop()


def test_both_stores_are_what_they_were_and_agree(rehearsal: Rehearsal) -> None:
    books, found = rehearsal.compare()

    assert found.violations == ()
    assert rehearsal.witnesses(books) == []
    assert found.orders["CONFIRMED"] > 0
    assert found.captured["EUR"] >= found.confirmed["EUR"] > 0
    later = [order for order in rehearsal.traffic.placed if order.sent >= rehearsal.moment]
    assert later, "orders must go on after the instant"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE ledger.payments SET amount = amount + 1 WHERE order_id = %s", "is of"),
        (
            "WITH gone AS (DELETE FROM ledger.outbox WHERE order_id = %(order)s)"
            " DELETE FROM ledger.payments WHERE order_id = %(order)s",
            "no such pair",
        ),
    ],
)
def test_a_ledger_that_lost_something_is_found_out(
    rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch, change: str, said: str
) -> None:
    books, _ = rehearsal.compare()
    order = next(order for order in books.orders if order.status == "CONFIRMED")
    with rehearsal.ledger.connect(DATABASE) as connection:
        connection.autocommit = False
        connection.execute("SET session_replication_role = replica")
        statement = change.replace("%(order)s", "%s")
        connection.execute(statement.encode(), [order.order_id] * statement.count("%s"))
        connection.commit()

    _, found = rehearsal.compare()

    assert any(order.order_id in text and said in text for text in found.violations)
    assert code(rehearsal, monkeypatch) == 1


def code(rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch) -> int:
    """What the command exits with after this rehearsal."""
    monkeypatch.setattr(command, "rehearse", lambda children, say: nullcontext(rehearsal))
    return command.main()
