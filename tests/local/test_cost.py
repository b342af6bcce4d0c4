"""The recorded count of what an order uses is what an order uses now."""

from __future__ import annotations

import pytest

from tools.cost import counting, units

pytestmark = pytest.mark.xdist_group("local")

_ORDERS = 10
_TOLERANCE = 0.10
_BY_CHANCE = ("calls/servicediscovery", "writes/*", "worker-receives", "calls/sqs", "queue-batches")
"""How many messages come together and when a cache ends is not the same in every run."""


def test_an_order_uses_what_was_recorded() -> None:
    known, now = units.load(), counting.count(lambda line: None, _ORDERS)

    wrong = {
        key: (known.amount(key), now.amount(key))
        for key in sorted({*known.amounts, *now.amounts})
        if not key.startswith(_BY_CHANCE)
        and now.amount(key) != pytest.approx(known.amount(key), rel=_TOLERANCE, abs=0.11)
    }
    assert wrong == {}, f"what an order uses has changed: record it with {units.COMMAND}"
    assert now.custom_metrics == known.custom_metrics
    assert now.worker_polls_per_second == pytest.approx(known.worker_polls_per_second, abs=0.5)
    assert set(now.milliseconds) == set(known.milliseconds)
