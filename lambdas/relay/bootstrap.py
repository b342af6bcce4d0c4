"""Builds the relay, once per process."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import cache

from common.aws import client
from common.clock import now
from common.env import load
from relay.env import RelayEnvironment
from relay.logic import Relay
from relay.store import DynamoOutbox, SnsEventTopic

SIDE_BY_SIDE = 8


@cache
def relay() -> Relay:
    """Raises ConfigurationError when a variable is missing or does not fit."""
    environment = load(RelayEnvironment)
    return Relay(
        DynamoOutbox(client("dynamodb"), environment.relay_table_name, now),
        SnsEventTopic(client("sns"), environment.events_topic_arn),
        executor=ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="relay"),
        clock=now,
        grace=timedelta(seconds=environment.relay_grace_seconds),
    )
