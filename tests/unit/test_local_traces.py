"""The trace of an order, as the local run shows it."""

from __future__ import annotations

import json

from local.traces import drawn, orphans, spans_of, trace_of


def line(name: str, span_id: str, parent: str | None, start_ms: int, **attributes: str) -> str:
    """A span as it is logged."""
    return json.dumps(
        {
            "span": name,
            "trace_id": attributes.pop("trace_id", "trace"),
            "span_id": span_id,
            "parent_id": parent,
            "start_ns": start_ms * 1_000_000,
            "duration_ms": 5.0,
            "status": "UNSET",
            "attributes": attributes,
        }
    )


LINES = [
    "START RequestId: 1",
    '"a text"',
    json.dumps({"level": "INFO", "message": "request"}),
    line("inventory OrderPlaced", "3", "2", 20, order_id="one"),
    line("orders POST /orders", "1", None, 0),
    line("relay publish", "2", "1", 10),
    line("orders POST /orders", "9", None, 5, trace_id="other"),
    line("inventory OrderPlaced", "8", "9", 30, trace_id="other", order_id="two"),
]


def test_the_trace_of_an_order_begins_with_its_request() -> None:
    trace = trace_of(spans_of(LINES), "one")

    assert [span.name for span in trace] == [
        "orders POST /orders",
        "relay publish",
        "inventory OrderPlaced",
    ]
    assert orphans(trace) == []


def test_an_order_that_no_span_names_has_no_trace() -> None:
    assert trace_of(spans_of(LINES), "three") == []


def test_a_span_stands_below_its_parent_with_its_times() -> None:
    assert [text.split() for text in drawn(trace_of(spans_of(LINES), "one"))] == [
        ["orders", "POST", "/orders", "0.0", "ms", "5.0", "ms"],
        ["relay", "publish", "10.0", "ms", "5.0", "ms"],
        ["inventory", "OrderPlaced", "20.0", "ms", "5.0", "ms"],
    ]
    assert [text.index(text.strip()) for text in drawn(trace_of(spans_of(LINES), "one"))] == [
        0,
        2,
        4,
    ]


def test_a_span_whose_parent_is_missing_is_found_and_drawn() -> None:
    trace = trace_of(spans_of([text for text in LINES if "relay" not in text]), "one")

    assert [span.span_id for span in orphans(trace)] == ["3"]
    assert len(list(drawn(trace))) == 2
