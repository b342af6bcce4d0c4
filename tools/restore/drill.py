"""The rehearsal: a shop that sells, backups of both stores, and both as they were at one second."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from local.children import Children
from local.console import Say, step
from local.postgres import EmbeddedPostgres
from local.shop import Shop
from tools.restore.agreement import Agreement, compare
from tools.restore.books import Books
from tools.restore.ledger import LedgerLog
from tools.restore.reading import read
from tools.restore.table import TableLog, import_export, write_export
from tools.restore.traffic import Placed, Traffic, ordering, wait_until

DATABASE = "payments"
_BUCKET = "restore-drill"
_FIRST = timedelta(seconds=1)
"""How long orders come before the bases: what these hold."""
_BEFORE = timedelta(seconds=4)
"""How long orders come between the bases and the instant: what the logs must bring back."""
_AFTER = timedelta(seconds=2)
"""How long orders come after it: what must not come back."""
_SEEN_BEFORE = "SELECT count(*) FROM ledger.seen_events WHERE pg_xact_commit_timestamp(xmin) < %s"
_SEEN = "SELECT count(*) FROM ledger.seen_events"


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """Both stores as they were at `moment`, beside a shop that goes on selling."""

    shop: Shop
    moment: datetime
    table: str
    ledger: EmbeddedPostgres
    traffic: Traffic

    def compare(self) -> tuple[Books, Agreement]:
        """What was restored, and whether the two agree."""
        with self.ledger.connect(DATABASE) as connection:
            books = read(self.shop.cloud.client("dynamodb"), self.table, connection)
        return books, compare(books, self.moment)

    def witnesses(self, books: Books) -> list[str]:
        """What customers and the running ledger say against the restored one; nothing is good."""
        restored = {order.order_id for order in books.orders}
        return [*strangers(self.traffic.placed, restored, self.moment), *self._seen()]

    def _seen(self) -> Iterator[str]:
        """Events are seen once and never changed: the running ledger knows when each was."""
        with self.shop.database.connect(DATABASE) as running:
            wanted = running.execute(_SEEN_BEFORE, [self.moment]).fetchone()
        with self.ledger.connect(DATABASE) as restored:
            got = restored.execute(_SEEN).fetchone()
        if wanted != got:
            yield f"the ledger had seen {wanted} events then, the restored one has seen {got}"


def strangers(placed: Sequence[Placed], restored: set[str], moment: datetime) -> Iterator[str]:
    """Orders that were taken before the instant and are missing, or sent after it and there."""
    for order in placed:
        if order.known < moment and order.order_id not in restored:
            yield f"order {order.order_id} was taken at {order.known} and is not restored"
        if order.sent >= moment and order.order_id in restored:
            yield f"order {order.order_id} was sent at {order.sent} and is restored"


@contextmanager
def rehearse(children: Children, say: Say) -> Iterator[Rehearsal]:
    """Start a shop, sell, back up and restore; everything ends with the block."""
    with step("the shop is open", say):
        shop = Shop.start(children=children)
    with shop, ordering(shop) as traffic:
        wait_until(datetime.now(UTC) + _FIRST, traffic)
        source = shop.deployment.output("orders_table_name")
        ledger = LedgerLog(shop.database, children, children.directory / "restored")
        table = TableLog(shop.cloud, source)
        with step("base backup of the table, while orders come", say):
            table.take_base()
        with step("base backup of the ledger, while orders come", say):
            ledger.take_base()
        moment = (datetime.now(UTC) + _BEFORE).replace(microsecond=0)
        wait_until(moment + _AFTER, traffic)
        began = time.perf_counter()
        with step("the table's export at T", say):
            write_export(shop.cloud, _BUCKET, source, table.at(moment), moment)
        with step("the table is restored", say):
            import_export(shop.cloud, _BUCKET, source, f"{source}-restored")
        with step("the ledger's log up to T", say):
            ledger.close()
        with step("the ledger is restored", say):
            restored = ledger.recover(moment)
        say(f"{time.perf_counter() - began:6.2f} s  both are restored")
        traffic.require_going()
        yield Rehearsal(
            shop=shop,
            moment=moment,
            table=f"{source}-restored",
            ledger=restored,
            traffic=traffic,
        )
