"""The environment variables of orders' functions; each field is a variable in upper case."""

from __future__ import annotations

from typing import Annotated

import msgspec

_Name = Annotated[str, msgspec.Meta(min_length=1)]


class OrdersEnvironment(msgspec.Struct, frozen=True, kw_only=True):
    """What every function of orders reads; the deadline counts from the order's creation."""

    orders_table_name: _Name
    orders_deadline_seconds: Annotated[int, msgspec.Meta(ge=1)]


class InventoryEnvironment(msgspec.Struct, frozen=True, kw_only=True):
    """How the http function finds and asks inventory.

    `inventory_port` is for instances that are registered without a port of their own.
    """

    inventory_namespace_name: _Name
    inventory_service_name: _Name
    inventory_port: Annotated[int, msgspec.Meta(ge=1, le=65535)]
    inventory_timeout_seconds: Annotated[float, msgspec.Meta(gt=0)]
