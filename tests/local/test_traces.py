"""One order is one trace, through topic, queues, outboxes, stream and container."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

import pytest

from components.blocks.saved_queries import QUERIES
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


COMMANDS = "and as by count desc display fields filter ispresent pct sort stats"
"""What Logs Insights itself calls by these names."""
ONLY_OF_FAILURES = {"exception"}


def fields_of(lines: Iterable[str]) -> set[str]:
    """The names by which Logs Insights finds what is in JSON lines."""
    records = [json.loads(line) for line in lines if line.startswith("{")]
    nested = [("attributes.", each.get("attributes") or {}) for each in records]
    return {
        f"{prefix}{name}"
        for prefix, record in [*(("", each) for each in records), *nested]
        for name in record
    }


def asked_of(query: str) -> set[str]:
    """The fields that a query names, those left out that it or CloudWatch makes."""
    words = re.findall(r"(?<![@\w])[a-z_]+(?:\.[a-z_]+)?\b(?!\d)", re.sub(r'"[^"]*"', "", query))
    return set(words) - set(COMMANDS.split()) - {"p99"}


def test_the_saved_queries_ask_for_fields_that_the_shop_logs(shop: Shop, alice: Caller) -> None:
    order = place(alice, order_body(new_product(shop, pieces=1)))
    follow(alice, order, "CONFIRMED", "OrderConfirmed")

    def logged() -> set[str]:
        asked = set().union(*(asked_of(" | ".join(query.lines)) for query in QUERIES))
        return asked if asked <= fields_of(shop.log_lines()) | ONLY_OF_FAILURES else set()

    assert "attributes.order_id" in eventually(logged, "every field that the queries name")


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
