"""What orders add, against sums done by hand, and what a metered shop's notes amount to."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from tests.unit.test_cost_fixed import NOTHING, TABLE, Registered, cluster
from tools.cost import readings, units
from tools.cost.estimate import estimate
from tools.cost.prices import PriceError
from tools.cost.units import Units

HTTP = Registered(
    "aws:lambda/function:Function", {"memorySize": 1024, "architectures": ["arm64"]}, "http"
)
TABLE_OF_ORDERS = Registered(
    "aws:dynamodb/table:Table", {"pointInTimeRecovery": {"enabled": True}}, "orders"
)
PAGE_MINUTES = 1.25
"""What every million orders pay for open pages: 5 million minutes at $0.25."""


def counted(**amounts: float) -> Units:
    """An order that uses this; `__` stands for the slash of a key."""
    return dataclasses.replace(
        NOTHING,
        amounts={key.replace("__", "/").replace("_", "-"): value for key, value in amounts.items()},
        milliseconds={"http": 20.0},
    )


def per_million(used: Units, *resources: Registered) -> float:
    """US dollars of a million orders, open pages left out."""
    found = estimate("test", "us-east-1", resources, TABLE, used)
    return found.variable_usd - PAGE_MINUTES


def test_an_invocation_costs_its_request_and_its_memory_for_as_long_as_it_takes() -> None:
    # 3 million requests at 0.20, and 3 million x 0.02 s x 1 GB x 0.0000133334
    assert per_million(counted(invocations__http=3), HTTP) == pytest.approx(0.6 + 0.8, abs=0.001)


def test_a_table_costs_its_units_and_what_it_keeps_twice() -> None:
    used = counted(writes__orders=10, reads__orders=4)
    stored = counted(stored_bytes__orders=1024)

    assert per_million(used, TABLE_OF_ORDERS) == pytest.approx(10 * 0.625 + 4 * 0.125)
    # a million KiB are 0.9537 GiB, at 0.25 and at 0.20 for recovery
    assert per_million(stored, TABLE_OF_ORDERS) == pytest.approx(0.4292, abs=0.0001)


def test_a_message_costs_its_delivery_its_receipt_and_its_deletion() -> None:
    queue = Registered("aws:sqs/queue:Queue", {}, "events")
    used = counted(deliveries__events=2, queue_batches=2)

    assert per_million(used, queue) == pytest.approx((2 + 2 * 2) * 0.4)


def test_a_request_passes_all_that_stands_before_the_api() -> None:
    acl = Registered("aws:wafv2/webAcl:WebAcl", {"rules": []})
    bare = per_million(counted(http_requests=1))
    walled = per_million(counted(http_requests=1), acl)

    # the request, and 300 bytes of log a million times: 0.2794 GiB at 0.50
    assert bare == pytest.approx(1.0 + 0.1397, abs=0.0001)
    assert walled - bare == pytest.approx(0.6)


def test_orders_keep_a_database_awake_that_would_pause() -> None:
    instance = Registered(
        "aws:rds/clusterInstance:ClusterInstance", {"clusterIdentifier": "ledger"}
    )

    paused = per_million(NOTHING, cluster(minCapacity=0, secondsUntilAutoPause=300), instance)
    awake = per_million(NOTHING, cluster(minCapacity=1), instance)

    assert paused == pytest.approx(43.8)  # 730 h x 0.5 ACU x 0.12
    assert awake == 0.0


def test_a_count_that_no_longer_fits_the_stack_says_how_to_count_again() -> None:
    with pytest.raises(PriceError, match=r"an order uses gone, .* count again with make cost"):
        per_million(counted(invocations__gone=1), HTTP)
    with pytest.raises(PriceError, match="slow was not measured: count again"):
        per_million(counted(invocations__slow=1), dataclasses.replace(HTTP, name="slow"))


def test_notes_become_amounts_by_the_names_of_the_program() -> None:
    names = {
        ("invocation", "shop-http"): "orders-http-function",
        ("invocation", "shop-sweep"): "orders-sweep-function",
        ("table", "shop-http"): "orders-table",
    }
    notes = [
        {"what": "invocation", "of": "shop-http", "amount": 1, "ms": 9.0, "source": "aws:sqs"},
        {"what": "invocation", "of": "shop-http", "amount": 1, "ms": 5.0, "source": ""},
        {"what": "invocation", "of": "shop-http", "amount": 1, "ms": 7.0, "source": ""},
        {"what": "invocation", "of": "shop-sweep", "amount": 1, "ms": 3.0, "source": ""},
        {"what": "writes", "of": "shop-http", "amount": 2.5},
        {"what": "receive", "of": "queue", "amount": 2},
        {"what": "receive", "of": "queue", "amount": 0},
        {"what": "call", "of": "sns:Publish", "amount": 1},
        {"what": "call", "of": "sts:GetCallerIdentity", "amount": 1},
    ]

    assert readings.amounts(notes, names) == {
        "invocations/orders-http-function": 3,
        "queue-batches": 1,
        "writes/orders-table": 2.5,
        "worker-receives": 1,
        "calls/sns:Publish": 1,
    }
    assert readings.milliseconds(notes, names) == {
        "orders-http-function": 7.0,
        "orders-sweep-function/scheduled": 3.0,
    }
    assert readings.empty_polls(notes) == 1


def test_a_metric_counts_once_for_each_combination_of_dimensions() -> None:
    line = (
        '{"_aws": {"CloudWatchMetrics": [{"Namespace": "Shop", "Dimensions": [["service"]], '
        '"Metrics": [{"Name": "Orders"}]}]}, "service": "%s", "Orders": 1}'
    )

    lines = [line % "orders", line % "orders", line % "payments", "no metric"]

    assert readings.custom_metrics(lines) == 2


def test_a_count_is_read_as_it_was_saved(tmp_path: Path) -> None:
    used = counted(http_requests=6, writes__orders=12.5)

    units.save(used, tmp_path / "units.toml")

    assert units.load(tmp_path / "units.toml") == used
    with pytest.raises(PriceError, match="count with make cost COUNT=1"):
        units.load(tmp_path / "none.toml")
