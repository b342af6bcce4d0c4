"""Events of other services as facts about an order: what to record, and what it may move."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from common.events import Envelope, decode_data
from orders.models import (
    PaymentDeclinedView,
    PaymentView,
    Step,
    StockRejectedView,
    StockReleasedView,
    StockReservedView,
)
from orders.transitions import Cause

_VIEWS: Mapping[str, type[msgspec.Struct]] = {
    "StockReserved": StockReservedView,
    "StockRejected": StockRejectedView,
    "StockReleased": StockReleasedView,
    "PaymentCaptured": PaymentView,
    "PaymentDeclined": PaymentDeclinedView,
    "PaymentRefunded": PaymentView,
}
_CAUSES: Mapping[str, Cause] = {
    "StockReserved": Cause.STOCK_RESERVED,
    "StockRejected": Cause.STOCK_REJECTED,
    "PaymentCaptured": Cause.PAYMENT_CAPTURED,
    "PaymentDeclined": Cause.PAYMENT_DECLINED,
}
OBSERVED = tuple(_VIEWS)
"""The types of event that `fact_of` reads."""


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to an order elsewhere."""

    order_id: str
    correlation_id: str
    step: Step
    cause: Cause | None = None
    refunded: bool = False


def fact_of(envelope: Envelope) -> Fact:
    """Read an event of a type in `OBSERVED`.

    Raises ValueError or msgspec.ValidationError for one that breaks its contract.
    """
    if envelope.order_id is None:
        raise ValueError(f"{envelope.type} {envelope.id} names no order; its order_id must be set")
    view = decode_data(envelope, _VIEWS[envelope.type])
    return Fact(
        order_id=envelope.order_id,
        correlation_id=envelope.correlation_id,
        step=_step(envelope, msgspec.to_builtins(view)),
        cause=_cause(envelope.type, view),
        refunded=envelope.type == "PaymentRefunded",
    )


def _step(envelope: Envelope, detail: dict[str, Any]) -> Step:
    return Step(event_id=envelope.id, step=envelope.type, at=envelope.occurred_at, detail=detail)


def _cause(kind: str, view: msgspec.Struct) -> Cause | None:
    if isinstance(view, StockReleasedView):
        return Cause.RESERVATION_EXPIRED if view.reason == "reservation_expired" else None
    return _CAUSES.get(kind)
