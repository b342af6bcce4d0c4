"""`python -m tools.scaling.measure`: what one message costs a worker, in the shop run here.

The worker of the local shop stands still while its queue fills, then works it off: real events,
its own role, batches as full as they get. CPU time is the process's own, so that a busy machine
costs waiting and not truth. What was measured is written to `measured.toml`.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
import uuid
from dataclasses import asdict
from datetime import UTC, datetime

import psutil

from local.shop import Shop
from tools.scaling.rates import MEASURED, Measured

COMMAND = "python -m tools.scaling.measure"
PRODUCT = "bench-mug"
ORDERS = 1000
_BATCH = 10
_QUEUE = "INVENTORY_QUEUE_URL"
_PATIENCE_SECONDS = 110
"""The worker ends itself when it has stood still for longer."""


def main() -> int:
    """Measure, write, and say what was measured."""
    with Shop.start() as shop:
        shop.all_warm()
        measured = measure(shop, ORDERS)
    MEASURED.write_text(as_toml(measured), "utf-8")
    sys.stdout.write(MEASURED.read_text("utf-8"))
    return 0


def measure(shop: Shop, orders: int) -> Measured:
    """Let the shop's worker handle two messages of each order; TimeoutError when it does not."""
    shop.stock(PRODUCT, orders)
    process = shop.process("worker")
    worker, queue_url = psutil.Process(process.pid), process.task.environment[_QUEUE]
    cpu = wall = 0.0
    for kind in ("OrderPlaced", "OrderConfirmed"):
        worker.suspend()
        try:
            _send(shop, queue_url, kind, orders)
        finally:
            worker.resume()
        spent, began = sum(worker.cpu_times()[:2]), time.monotonic()
        _drained(shop, queue_url)
        cpu += sum(worker.cpu_times()[:2]) - spent
        wall += time.monotonic() - began
    messages = 2 * orders
    return Measured(
        measured_on=f"{datetime.now(UTC):%Y-%m-%d}",
        command=COMMAND,
        machine=f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        messages=messages,
        cpu_ms_per_message=round(1000 * cpu / messages, 3),
        messages_per_second=round(messages / wall, 1),
    )


def _send(shop: Shop, queue_url: str, kind: str, orders: int) -> None:
    """One event of each order; a confirmation is of the order that was placed before."""
    sqs = shop.cloud.client("sqs")
    for first in range(0, orders, _BATCH):
        entries = [
            {"Id": str(number), "MessageBody": json.dumps(_event(kind, f"measured-{number}"))}
            for number in range(first, min(first + _BATCH, orders))
        ]
        sqs.send_message_batch(QueueUrl=queue_url, Entries=entries)


def _event(kind: str, order_id: str) -> dict[str, object]:
    line = {"product_id": PRODUCT, "quantity": 1, "unit_price": 1250}
    return {
        "id": str(uuid.uuid4()),
        "type": kind,
        "version": 1,
        "occurred_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}.000Z",
        "order_id": order_id,
        "customer_id": "measured",
        "correlation_id": order_id,
        "data": {"lines": [line], "total": 1250, "currency": "EUR", "payment_token": "tok"},
    }


def _drained(shop: Shop, queue_url: str) -> None:
    """Return once no message is left; raises TimeoutError when the worker does not get there."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    sqs, deadline = shop.cloud.client("sqs"), time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        answer = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=names)
        if not any(int(answer["Attributes"][name]) for name in names):
            return
        time.sleep(0.05)
    raise TimeoutError(f"{queue_url} still holds messages after {_PATIENCE_SECONDS} s")


def as_toml(measured: Measured) -> str:
    """The file that keeps it."""
    lines = [f"{key} = {json.dumps(value)}" for key, value in asdict(measured).items()]
    return "\n".join(["# Written by the command below.", *lines]) + "\n"


if __name__ == "__main__":
    sys.exit(main())
