"""The functions of payments: `http`, `events` (its queue), `sweep` (scheduled), `migrate`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from common.clock import deadline_of
from common.events import Envelope
from common.http import Request, Response, http_handler
from common.observability import logger, metrics, span
from common.queues import queue_handler
from payments import bootstrap, logic, migrator
from payments.sweeping import Swept

T = TypeVar("T")


class SweepError(RuntimeError):
    """A run of the sweeper left something that failed; the next run tries again."""


def read_payment(request: Request) -> Response:
    """`GET /payments/{order_id}`."""
    view = logic.read_payment(bootstrap.ledger(), request.customer_id, request.path["order_id"])
    return Response(body=view)


def hear_provider(request: Request) -> Response:
    """`POST /payments/webhooks/stripe`, proved by its signature and not by a token."""
    bootstrap.webhooks().receive(request.body, request.headers.get("stripe-signature", ""))
    return Response(body={"received": True})


def _leaving(run: Callable[[dict[str, Any], Any], T]) -> Callable[[dict[str, Any], Any], T]:
    """`run`, after which no connection is left that keeps the database from pausing."""

    @functools.wraps(run)
    def invoke(event: dict[str, Any], context: Any) -> T:
        try:
            return run(event, context)
        finally:
            bootstrap.leave_database()

    return invoke


ROUTES = {"GET /payments/{order_id}": read_payment}
PUBLIC_ROUTES = {"POST /payments/webhooks/stripe": hear_provider}
http = _leaving(http_handler("payments", ROUTES, PUBLIC_ROUTES))


def order_placed(envelope: Envelope) -> None:
    """Learn an order's terms."""
    bootstrap.payments().order_placed(envelope)


def stock_reserved(envelope: Envelope) -> None:
    """Learn that an order's stock is held."""
    bootstrap.payments().stock_reserved(envelope)


def stock_rejected(envelope: Envelope) -> None:
    """Learn that an order's stock cannot be held."""
    bootstrap.payments().stock_rejected(envelope)


def order_cancelled(envelope: Envelope) -> None:
    """Learn that an order will not be delivered."""
    bootstrap.payments().order_cancelled(envelope)


EVENTS = {
    "OrderPlaced": order_placed,
    "StockReserved": stock_reserved,
    "StockRejected": stock_rejected,
    "OrderCancelled": order_cancelled,
}
_process = queue_handler("payments", EVENTS)


@_leaving
def events(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Process a batch; then sweep where the database pauses, for now it is awake."""
    answer = _process(event, context)
    if bootstrap.database_pauses():
        _sweep_along(context)
    return answer


def _sweep_along(context: Any) -> None:
    """A run of the sweeper whose failure is not the batch's: the daily run raises the alarm."""
    try:
        _sweep_until(deadline_of(context))
        metrics.flush_metrics()
    except Exception:
        logger.exception("not swept")


def _sweep_until(deadline: float) -> Swept:
    swept = bootstrap.sweeper().sweep(deadline)
    oldest = swept.oldest_seconds
    metrics.add_metric(name="PaymentsUnclear", unit="Count", value=swept.unclear)
    metrics.add_metric(name="EventsUnpublished", unit="Count", value=swept.unpublished)
    metrics.add_metric(name="OldestUnpublishedSeconds", unit="Seconds", value=oldest)
    return swept


@_leaving
@metrics.log_metrics
def sweep(event: dict[str, Any], context: Any) -> dict[str, int]:
    """One run of the sweeper; raises SweepError, which the error alarm counts."""
    with span("payments sweep"):
        swept = _sweep_until(deadline_of(context))
    done: dict[str, int] = msgspec.to_builtins(swept)
    logger.info("swept", extra=done)
    if swept.failed or swept.unpublished:
        raise SweepError(
            f"{swept.failed} payments failed and {swept.unpublished} events stay unpublished; "
            f"the log says why"
        )
    return done


def migrate(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Make the roles, apply the pending migrations: `{"applied": ["0002_…"], "version": 2}`."""
    steps = migrator.read_migrations()
    with span("payments migrate"):
        bootstrap.prepare_roles(steps)
        with bootstrap.migration_connection() as connection:
            result = migrator.migrate(connection, steps)
    done: dict[str, Any] = msgspec.to_builtins(result)
    logger.info("migrated", extra=done)
    return done
