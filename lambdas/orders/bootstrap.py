"""Builds what the handlers use, each once per process and when it is first needed."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from common import env
from common.aws import client, session
from common.clock import new_id, now
from common.observability import measure, metrics
from common.table import Table
from orders.env import (
    DirectoryEnvironment,
    InventoryEnvironment,
    OrdersEnvironment,
    ReceiptsEnvironment,
)
from orders.logic import Orders
from orders.placing import OrderPlacing
from orders.ports import StockInquiry
from orders.store import DynamoOrderStore

if TYPE_CHECKING:
    from orders.receipts import Receipts


@cache
def environment() -> OrdersEnvironment:
    """Raises ConfigurationError when a variable is missing or wrong."""
    return env.load(OrdersEnvironment)


@cache
def store() -> DynamoOrderStore:
    """The table of this environment."""
    return DynamoOrderStore(Table(client("dynamodb"), environment().orders_table_name))


@cache
def orders() -> Orders:
    """Everything but placing."""
    return Orders(store(), clock=now, new_id=new_id, count=_count, measure=measure)


@cache
def placing() -> OrderPlacing:
    """Placing, which asks inventory; raises ConfigurationError where that is not configured."""
    return OrderPlacing(
        store(),
        _inquiry(env.load(InventoryEnvironment)),
        deadline=timedelta(seconds=environment().orders_deadline_seconds),
        clock=now,
        new_id=new_id,
        count=_count,
    )


@cache
def receipts_environment() -> ReceiptsEnvironment:
    """Raises ConfigurationError when a variable is missing or wrong."""
    return env.load(ReceiptsEnvironment)


@cache
def receipts() -> Receipts:
    """Writing and showing receipts; no order waits for their modules or for the client of S3."""
    from orders.receipts import Receipts
    from orders.shelf import S3ReceiptShelf

    bucket = receipts_environment().orders_receipts_bucket_name
    shelf = S3ReceiptShelf(lambda: client("s3", signature_version="s3v4"), bucket)
    return Receipts(store(), orders(), shelf, clock=now)


def _inquiry(inventory: InventoryEnvironment) -> StockInquiry:
    """Its modules are imported here, since only one function of three asks inventory."""
    from orders import availability, mesh

    timeout = inventory.inventory_timeout_seconds
    if inventory.inventory_mesh_url is not None:
        way = mesh.SignedWay(session(), inventory.inventory_mesh_url)
        return availability.InventoryInquiry(way, timeout)
    named = env.load(DirectoryEnvironment)
    directory = availability.CloudMapDirectory(
        client("servicediscovery", timeout, connect_timeout=timeout, attempts=1),
        namespace=named.inventory_namespace_name,
        service=named.inventory_service_name,
        default_port=named.inventory_port,
    )
    return availability.InventoryInquiry(directory, timeout)


def _count(name: str) -> None:
    metrics.add_metric(name=name, unit="Count", value=1)
