"""The environment variables of orders' functions; each field is a variable in upper case."""

from __future__ import annotations

from typing import Annotated

import msgspec

_Name = Annotated[str, msgspec.Meta(min_length=1)]
_Url = Annotated[str, msgspec.Meta(pattern=r"^(https://[^/]+|http://127\.0\.0\.1:\d+)$")]


class OrdersEnvironment(msgspec.Struct, frozen=True, kw_only=True):
    """What every function of orders reads; the deadline counts from the order's creation."""

    orders_table_name: _Name
    orders_deadline_seconds: Annotated[int, msgspec.Meta(ge=1)]


class ReceiptsEnvironment(msgspec.Struct, frozen=True, kw_only=True):
    """Where receipts are kept, and how long a link to one works."""

    orders_receipts_bucket_name: _Name
    orders_receipt_link_seconds: Annotated[int, msgspec.Meta(ge=1)]


class InventoryEnvironment(msgspec.Struct, frozen=True, kw_only=True):
    """How the http function asks inventory: through the mesh where there is one.

    The mesh's URL has no path; it is HTTPS, so that nobody reads a signature, but on loopback.
    """

    inventory_timeout_seconds: Annotated[float, msgspec.Meta(gt=0)]
    inventory_mesh_url: _Url | None = None


class DirectoryEnvironment(msgspec.Struct, frozen=True, kw_only=True):
    """Where the http function finds inventory without a mesh.

    `inventory_port` is for instances that are registered without a port of their own.
    """

    inventory_namespace_name: _Name
    inventory_service_name: _Name
    inventory_port: Annotated[int, msgspec.Meta(ge=1, le=65535)]
