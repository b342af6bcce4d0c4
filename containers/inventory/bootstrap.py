"""Builds each process's clients, store and logic, once."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

from common.aws import READ_TIMEOUT_SECONDS, client
from common.clock import now
from common.env import load
from common.table import Table
from inventory.catalogue import Catalogue
from inventory.consumer import WAIT_SECONDS, MessageHandler, QueueConsumer
from inventory.env import ApiEnvironment, WorkerEnvironment
from inventory.logic import Reservations
from inventory.protection import EcsAgent, Protection
from inventory.store import DynamoStockStore


@cache
def api_environment() -> ApiEnvironment:
    """Raises ConfigurationError when a variable is missing or does not fit."""
    return load(ApiEnvironment)


@cache
def worker_environment() -> WorkerEnvironment:
    """Raises ConfigurationError when a variable is missing or does not fit."""
    return load(WorkerEnvironment)


@cache
def catalogue() -> Catalogue:
    """The API's logic on the table of its environment."""
    return Catalogue(_store(api_environment().inventory_table_name), clock=now)


@cache
def reservations() -> Reservations:
    """The worker's logic on the table of its environment."""
    environment = worker_environment()
    return Reservations(
        _store(environment.inventory_table_name),
        held_for=timedelta(seconds=environment.inventory_reservation_ttl_seconds),
        clock=now,
    )


def consumer(handle: MessageHandler) -> QueueConsumer:
    """A consumer of the queue of the worker's environment, protected where ECS runs it."""
    environment = worker_environment()
    agent = environment.ecs_agent_uri
    sqs = client("sqs", read_timeout=WAIT_SECONDS + READ_TIMEOUT_SECONDS)
    protection = Protection(EcsAgent(agent).protect if agent else None)
    return QueueConsumer(sqs, environment.inventory_queue_url, handle, protection)


def _store(table_name: str) -> DynamoStockStore:
    return DynamoStockStore(Table(client("dynamodb"), table_name))
