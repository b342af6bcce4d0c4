"""The traces of the shop, from the spans that functions and containers log."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Span:
    """One span as it was logged; `parent_id` is None for the first of a trace."""

    name: str
    trace_id: str
    span_id: str
    parent_id: str | None
    start_ns: int
    duration_ms: float
    order_id: str


def spans_of(lines: Iterable[str]) -> list[Span]:
    """The spans among log lines."""
    return [_span(found) for line in lines if (found := _decoded(line)) and "span_id" in found]


def trace_of(spans: Sequence[Span], order_id: str) -> list[Span]:
    """The trace that placed an order, from its first span to its last; empty when there is none.

    What a customer or a sweep does to the order later is a trace of its own.
    """
    about = [span for span in spans if span.order_id == order_id]
    if not about:
        return []
    trace_id = min(about, key=lambda span: span.start_ns).trace_id
    found = {span.span_id: span for span in spans if span.trace_id == trace_id}
    return sorted(found.values(), key=lambda span: span.start_ns)


def orphans(trace: Sequence[Span]) -> list[Span]:
    """The spans whose parent is missing."""
    known = {span.span_id for span in trace}
    return [span for span in trace if span.parent_id and span.parent_id not in known]


def drawn(trace: Sequence[Span]) -> Iterator[str]:
    """A line for each span, below its parent: when it began after the first, and its length."""
    lost = orphans(trace)
    for first in (span for span in trace if span.parent_id is None or span in lost):
        yield from _drawn(trace, first, trace[0].start_ns, 0)


def _drawn(trace: Sequence[Span], span: Span, began_ns: int, depth: int) -> Iterator[str]:
    after_ms = (span.start_ns - began_ns) / 1e6
    name = f"{'  ' * depth}{span.name}"
    yield f"{name:<44} {after_ms:8.1f} ms {span.duration_ms:8.1f} ms"
    for child in trace:
        if child.parent_id == span.span_id:
            yield from _drawn(trace, child, began_ns, depth + 1)


def _decoded(line: str) -> dict[str, object] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _span(record: dict[str, object]) -> Span:
    attributes = record["attributes"]
    parent = record["parent_id"]
    return Span(
        name=str(record["span"]),
        trace_id=str(record["trace_id"]),
        span_id=str(record["span_id"]),
        parent_id=str(parent) if parent else None,
        start_ns=int(str(record["start_ns"])),
        duration_ms=float(str(record["duration_ms"])),
        order_id=str(attributes.get("order_id", "")) if isinstance(attributes, dict) else "",
    )
