"""The report: one fact a line, each line beginning with what it is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from tools.restore.agreement import Agreement


def report(moment: datetime, found: Agreement, witnesses: Sequence[str]) -> Iterator[str]:
    """All lines; the last one is the verdict."""
    yield f"T          {moment:%Y-%m-%dT%H:%M:%SZ}"
    yield f"orders     {_counts(found.orders)}"
    yield f"payments   {_counts(found.payments)}"
    yield from _money(found)
    yield f"outbox     unpublished: {_counts(found.unpublished)}"
    for wait in found.waiting:
        yield f"waiting    order {wait.order_id} {wait.pair}, {wait.seconds:.2f} s: {wait.why}"
    for text in (*found.violations, *witnesses):
        yield f"violation  {text}"
    count = len(found.violations) + len(witnesses)
    verdict = f"fail, {count} violations" if count else "pass, 0 violations"
    yield f"verdict    {verdict}, {len(found.waiting)} differences the saga explains"


def _money(found: Agreement) -> Iterator[str]:
    for currency in sorted({*found.confirmed, *found.captured}):
        confirmed, captured = (
            found.confirmed.get(currency, 0),
            found.captured.get(currency, 0),
        )
        yield (
            f"money      {currency} captured {captured}, confirmed {confirmed}, "
            f"between two steps {captured - confirmed}"
        )


def _counts(counts: Mapping[str, int]) -> str:
    named = ", ".join(f"{name} {counts[name]}" for name in sorted(counts))
    return f"{sum(counts.values())} ({named})"
