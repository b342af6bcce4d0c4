"""The environment of inventory's two processes."""

from __future__ import annotations

from typing import Annotated

import msgspec

Seconds = Annotated[int, msgspec.Meta(ge=1)]
Port = Annotated[int, msgspec.Meta(ge=1, le=65_535)]


class ApiEnvironment(msgspec.Struct, frozen=True, kw_only=True):
    """`python -m inventory.api`."""

    inventory_table_name: str
    inventory_port: Port
    inventory_host: str = "0.0.0.0"  # noqa: S104 - a container is reached from outside itself


class WorkerEnvironment(msgspec.Struct, frozen=True, kw_only=True):
    """`python -m inventory.worker`; how long stock is held, and how often that is checked."""

    inventory_table_name: str
    inventory_queue_url: str
    inventory_health_port: Port
    inventory_reservation_ttl_seconds: Seconds
    inventory_sweep_seconds: Seconds
    ecs_agent_uri: str | None = None
    """where ECS listens beside the task; None: something else runs it"""
