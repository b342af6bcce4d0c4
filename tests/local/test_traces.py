"""One order is one trace, through topic, queues, outboxes, stream and container."""

from __future__ import annotations

import pytest

from local.http import Caller
from local.shop import Shop
from local.traces import Span, orphans, spans_of, trace_of
from tests.local.customers import eventually, follow, new_product, order_body, place

pytestmark = pytest.mark.xdist_group("local")
PASSED = {
    "orders POST /orders",
    "inventory OrderPlaced",
    "payments OrderPlaced",
    "payments StockReserved",
    "orders StockReserved",
    "orders PaymentCaptured",
    "notifications OrderConfirmed",
    "inventory OrderConfirmed",
    "relay publish",
}


def test_an_order_is_one_trace_in_which_every_parent_exists(shop: Shop, alice: Caller) -> None:
    order = place(alice, order_body(new_product(shop, pieces=1)))
    follow(alice, order, "CONFIRMED", "OrderConfirmed")

    def complete() -> list[Span]:
        trace = trace_of(spans_of(shop.log_lines()), order)
        done = {span.name for span in trace} >= PASSED and not orphans(trace)
        return trace if done else []

    trace = eventually(complete, "every span of the order")

    about = [span for span in spans_of(shop.log_lines()) if span.order_id == order]
    assert {span.trace_id for span in about} == {trace[0].trace_id}
    assert [span.name for span in trace if span.parent_id is None] == ["orders POST /orders"]
