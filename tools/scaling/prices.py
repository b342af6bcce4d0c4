"""What an hour of a consumer's task costs, by the price table of `make cost`."""

from __future__ import annotations

from functools import cache

from tools.cost import prices
from tools.scaling.registered import Consumer


def task_hour_dollars(consumer: Consumer) -> float:
    """On demand, which spot does not exceed; raises PriceError when the table lacks a price."""
    kind = "arm64" if consumer.chip == "ARM64" else "x86"
    vcpu, gb = (
        _table().price(f"fargate-{kind}-{unit}-hours", consumer.region).usd
        for unit in ("vcpu", "gb")
    )
    return consumer.cpu_units / 1024 * vcpu + consumer.memory_mb / 1024 * gb


@cache
def _table() -> prices.Table:
    return prices.load()
