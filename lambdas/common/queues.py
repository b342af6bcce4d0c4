"""The queue edge: a batch of SQS records in, only the failed ones back (partial batch response).

An invocation that is killed gives its whole batch back, what it had done included, and each return
counts towards the dead-letter queue. So no record but the first is begun when too little time is
left for it: it goes back at once. That counts too, hence what was received most often comes first:
a dependency that is slow, not dead, delays messages and makes no dead letters.

Powertools' batch processor would do, at 100 more modules on the cold path.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from common.clock import deadline_of
from common.events import Envelope, decode_envelope
from common.observability import correlated, logger, metrics, span

EVENT_SECONDS = 5.0
"""Time that must be left for one more event: a slow table's answers and the log."""

EventHandler = Callable[[Envelope], None]
LambdaHandler = Callable[[dict[str, Any], Any], dict[str, Any]]


def consume(
    service: str,
    message_id: str,
    body: str,
    traceparent: str | None,
    handlers: Mapping[str, EventHandler],
) -> bool:
    """Handle one message; False when it failed and must be delivered again.

    A type without a handler is acknowledged: the subscription filter is wider than the code only
    while a deployment is under way.
    """
    try:
        envelope = decode_envelope(body)
    except Exception:
        logger.exception("message is not an event", extra={"message_id": message_id})
        return False
    with correlated(envelope.correlation_id):
        return _handle(service, message_id, envelope, traceparent, handlers.get(envelope.type))


def _handle(
    service: str,
    message_id: str,
    envelope: Envelope,
    traceparent: str | None,
    handler: EventHandler | None,
) -> bool:
    about = {"type": envelope.type, "event_id": envelope.id, "order_id": envelope.order_id}
    if handler is None:
        logger.warning("event type has no handler", extra=about)
        return True
    try:
        with span(
            f"{service} {envelope.type}",
            traceparent=traceparent,
            event_id=envelope.id,
            order_id=envelope.order_id or "",
        ):
            handler(envelope)
    except Exception:
        logger.exception("event failed", extra={**about, "message_id": message_id})
        return False
    logger.info("event", extra=about)
    return True


def queue_handler(service: str, handlers: Mapping[str, EventHandler]) -> LambdaHandler:
    """A Lambda handler for an SQS source with `ReportBatchItemFailures`, by event type."""

    @metrics.log_metrics
    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        records = sorted(event["Records"], key=_receives, reverse=True)
        failed, unbegun = _consume_until(deadline_of(context), service, records, handlers)
        metrics.add_metric(name="EventsFailed", unit="Count", value=len(failed))
        if unbegun:
            logger.warning("no time left for all events", extra={"unbegun": len(unbegun)})
        back = [*failed, *unbegun]
        return {"batchItemFailures": [{"itemIdentifier": message} for message in back]}

    return handle


def _consume_until(
    deadline: float,
    service: str,
    records: Iterable[Mapping[str, Any]],
    handlers: Mapping[str, EventHandler],
) -> tuple[list[str], list[str]]:
    """The ids of the messages that failed, and of those that were not begun."""
    failed: list[str] = []
    unbegun: list[str] = []
    for position, record in enumerate(records):
        if position and time.monotonic() > deadline - EVENT_SECONDS:
            unbegun.append(record["messageId"])
            continue
        attribute = (record.get("messageAttributes") or {}).get("traceparent", {})
        if not consume(
            service, record["messageId"], record["body"], attribute.get("stringValue"), handlers
        ):
            failed.append(record["messageId"])
    return failed, unbegun


def _receives(record: Mapping[str, Any]) -> int:
    return int(record["attributes"]["ApproximateReceiveCount"])
