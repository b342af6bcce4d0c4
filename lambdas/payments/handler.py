"""The functions of payments: http, events, sweep, migrate."""

from __future__ import annotations

from typing import Any

import msgspec

from common.events import Envelope
from common.http import Request, Response, http_handler
from common.observability import logger, metrics, span
from common.queues import queue_handler
from payments import bootstrap, migrator
from payments.logic import read_payment


class SweepIncompleteError(Exception):
    """A run of the sweeper left something that failed; the next run tries again."""


def _read(request: Request) -> Response:
    view = read_payment(bootstrap.ledger(), request.customer_id, request.path["order_id"])
    return Response(body=view)


def _order_placed(envelope: Envelope) -> None:
    bootstrap.payments().order_placed(envelope)


def _stock_reserved(envelope: Envelope) -> None:
    bootstrap.payments().stock_reserved(envelope)


def _order_cancelled(envelope: Envelope) -> None:
    bootstrap.payments().order_cancelled(envelope)


http = http_handler("payments", {"GET /payments/{order_id}": _read})
events = queue_handler(
    "payments",
    {
        "OrderPlaced": _order_placed,
        "StockReserved": _stock_reserved,
        "OrderCancelled": _order_cancelled,
    },
)


@metrics.log_metrics
def sweep(event: dict[str, Any], context: Any) -> dict[str, int]:
    """One run of the sweeper; raises SweepIncompleteError, which the error alarm counts."""
    with span("payments sweep"):
        swept = bootstrap.sweeper().sweep()
    done: dict[str, int] = msgspec.to_builtins(swept)
    logger.info("swept", extra=done)
    if swept.failed or swept.unpublished:
        raise SweepIncompleteError(
            f"{swept.failed} payments failed and {swept.unpublished} events stay unpublished; "
            f"the log says why"
        )
    return done


def migrate(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Apply the pending migrations: `{"applied": ["0001_…"], "version": 1}`."""
    with span("payments migrate"), bootstrap.master_connection() as connection:
        result = migrator.migrate(connection, migrator.read_migrations())
    done: dict[str, Any] = msgspec.to_builtins(result)
    logger.info("migrated", extra=done)
    return done
