"""The running shop: start, latency, sustained load, memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import psutil

from local.shop import Shop
from tools.bench.customer import Customer
from tools.bench.figures import Figure, percentile

PRODUCT = "bench-mug"
_ONE_BY_ONE = 100
_RATE = 20
_SECONDS = 30
_DRAIN_SECONDS = 60
_CLIENTS = 4


def measure() -> Iterator[Figure]:
    """Every figure that needs a running shop."""
    started, spent = time.perf_counter(), _cpu_seconds()
    with Shop.start() as shop:
        first = Customer(shop.base_url, shop.tokens.alice)
        first.wait_for(first.place(shop.products[0]), "CONFIRMED", 30)
        yield Figure(
            name="installed to first CONFIRMED order",
            value=time.perf_counter() - started,
            unit="s",
            limit=5,
        )
        spent = _cpu_seconds() - spent
        yield Figure(name="  CPU of it, all processes", value=spent, unit="s")
        shop.all_warm()
        yield Figure(
            name="memory of the whole shop, open", value=_memory_mb(), unit="MB", limit=1024
        )
        shop.stock(PRODUCT, _ONE_BY_ONE + 20 + _RATE * _SECONDS)
        yield from _one_by_one(shop, first)
        yield from _sustained(shop)
        yield Figure(name="memory after the load", value=_memory_mb(), unit="MB", limit=1024)
        first.close()


def _one_by_one(shop: Shop, customer: Customer) -> Iterator[Figure]:
    took = []
    for attempt in range(_ONE_BY_ONE + 20):
        began = time.perf_counter()
        customer.wait_for(customer.place(PRODUCT), "CONFIRMED", 30)
        if attempt >= 20:
            took.append((time.perf_counter() - began) * 1000)
    for share, limit in ((0.5, 200), (0.99, 500)):
        yield Figure(
            name=f"order to CONFIRMED, one at a time, p{share * 100:g} of {_ONE_BY_ONE}",
            value=percentile(took, share),
            unit="ms",
            limit=limit,
        )


def _sustained(shop: Shop) -> Iterator[Figure]:
    with ThreadPoolExecutor(_CLIENTS) as clients:
        lanes = [
            clients.submit(_lane, shop, number, time.perf_counter() + 0.5)
            for number in range(_CLIENTS)
        ]
        results = [lane.result() for lane in lanes]
    orders = [order for result in results for order in result[0]]
    lateness = [late for result in results for late in result[1]]
    drained = _drain(shop, orders)
    yield Figure(name=f"orders at {_RATE}/s for {_SECONDS} s", value=len(orders), unit="orders")
    yield Figure(name="  request sent late, p99", value=percentile(lateness, 0.99), unit="ms")
    yield Figure(name="  lost or not CONFIRMED", value=drained[0], unit="orders", limit=0)
    yield Figure(name="  last one CONFIRMED after the load ended", value=drained[1], unit="s")
    yield Figure(name="  messages left in queues", value=shop.queued_messages(), unit="", limit=0)


def _lane(shop: Shop, number: int, begin: float) -> tuple[list[str], list[float]]:
    """Every `_CLIENTS`th order of an open-loop schedule; a slow answer delays no schedule."""
    customer = Customer(shop.base_url, shop.tokens.bob)
    placed, lateness = [], []
    for slot in range(number, _RATE * _SECONDS, _CLIENTS):
        due = begin + slot / _RATE
        time.sleep(max(0.0, due - time.perf_counter()))
        lateness.append((time.perf_counter() - due) * 1000)
        placed.append(customer.place(PRODUCT))
    customer.close()
    return placed, lateness


def _drain(shop: Shop, orders: list[str]) -> tuple[int, float]:
    """How many of `orders` are not CONFIRMED in time, and seconds until the last one was.

    Asks for one order at a time: to ask for all of them again and again would be the load.
    """
    began = time.perf_counter()
    customer = Customer(shop.base_url, shop.tokens.bob)
    missing = 0
    for order in orders:
        while (late := customer.status(order) != "CONFIRMED") and (
            time.perf_counter() - began < _DRAIN_SECONDS
        ):
            time.sleep(0.1)
        missing += late
    customer.close()
    return missing, time.perf_counter() - began


def _memory_mb() -> float:
    """Proportional set size of this process and all its descendants, in MB."""
    return _of_all(lambda process: float(process.memory_full_info().pss)) / 1_000_000


def _cpu_seconds() -> float:
    """What this process and all its descendants have used, those that have ended included."""
    return _of_all(lambda process: sum(process.cpu_times()[:4]))


def _of_all(measure: Callable[[psutil.Process], float]) -> float:
    me = psutil.Process()
    total = 0.0
    for process in (me, *me.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            total += measure(process)
    return total
