"""Structured logs, metrics and traces, with one correlation id from request to last event.

Logs and metrics are Powertools (JSON lines; CloudWatch embedded metric format). Spans are
OpenTelemetry; each finished span is one JSON log line, `{"span": ..., "trace_id": ...}`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit, single_metric
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

logger = Logger(utc=True)
metrics = Metrics()

_propagator = TraceContextTextMapPropagator()


@contextmanager
def correlated(correlation_id: str) -> Iterator[None]:
    """Put `correlation_id` on every log line of the block, and on no other thread's lines."""
    logger.thread_safe_append_keys(correlation_id=correlation_id)
    try:
        yield
    finally:
        logger.thread_safe_remove_keys(["correlation_id"])


class Measure(Protocol):
    """Writes one value of a metric; see `measure`."""

    def __call__(self, name: str, value: float, unit: str, **dimensions: str) -> None: ...


def measure(name: str, value: float, unit: str, **dimensions: str) -> None:
    """Write one value of the metric `name` as a line of its own.

    Each set of values of `dimensions` is a metric that costs: give them few values.
    """
    namespace = metrics.provider.namespace
    with single_metric(name, MetricUnit(unit), value, namespace=namespace) as metric:
        for key, said in dimensions.items():
            metric.add_dimension(key, said)


class _LogSpanExporter(SpanExporter):
    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        for span in spans:
            sys.stdout.write(json.dumps(_span_record(span)) + "\n")
        return SpanExportResult.SUCCESS


def _span_record(span: ReadableSpan) -> dict[str, object]:
    context = span.get_span_context()
    started, ended = span.start_time or 0, span.end_time or 0
    return {
        "span": span.name,
        "trace_id": format(context.trace_id, "032x") if context else None,
        "span_id": format(context.span_id, "016x") if context else None,
        "parent_id": format(span.parent.span_id, "016x") if span.parent else None,
        "start_ns": started,
        "duration_ms": (ended - started) / 1e6,
        "status": span.status.status_code.name,
        "attributes": dict(span.attributes or {}),
    }


_provider = TracerProvider(shutdown_on_exit=False)
_provider.add_span_processor(SimpleSpanProcessor(_LogSpanExporter()))
_tracer = _provider.get_tracer("storefront")


@contextmanager
def span(name: str, *, traceparent: str | None = None, **attributes: str) -> Iterator[None]:
    """Run the block as one span, a child of `traceparent` (W3C) or of the span around it."""
    parent = _propagator.extract({"traceparent": traceparent}) if traceparent else None
    with _tracer.start_as_current_span(name, context=parent, attributes=attributes):
        yield


def current_traceparent() -> str | None:
    """The W3C `traceparent` of the running span, to be carried by whatever leaves here."""
    if not trace.get_current_span().get_span_context().is_valid:
        return None
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return carrier.get("traceparent")
