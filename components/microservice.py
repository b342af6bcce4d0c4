"""What every service has: compute, a datastore, a queue, alarms. None can be left out.

A service is a subclass that says how each part is made; this class makes them, in one order,
feeds the queue from the shop's topic and creates the alarms that the parts ask for.
"""

from __future__ import annotations

import abc
from collections.abc import Mapping, Sequence
from typing import Generic, Protocol, TypeAlias, TypeVar

import pulumi

from components.blocks.alarms import AlarmSpec, Metric, Watched, create_alarms
from components.blocks.concurrency import Concurrency
from components.blocks.function import Function, FunctionArgs, FunctionNetwork
from components.blocks.grants import Grant
from components.blocks.keys import Key, KeyArgs, rules_send, topic_sends
from components.blocks.queue import Queue, QueueArgs
from components.blocks.saved_queries import Logging
from components.blocks.slo import Indicator, Subject
from components.blocks.table_scaling import Capacity
from components.platform import Platform


class ConcurrencySettings(Protocol):
    """What the settings of a service made of functions say of their instances."""

    @property
    def events_concurrency_max(self) -> int: ...

    @property
    def events_concurrency_reserved(self) -> int: ...

    @property
    def http_concurrency_reserved(self) -> int: ...

    @property
    def http_concurrency_provisioned(self) -> int: ...

    @property
    def http_snap_start(self) -> bool: ...


class FunctionSettings(ConcurrencySettings, Protocol):
    """What the settings of a service made of functions say of each."""

    @property
    def function_memory_mb(self) -> int: ...

    @property
    def alarm_latency_ms(self) -> int: ...


class QueueSettings(Protocol):
    """What every service's settings say of its queue."""

    @property
    def queue_max_receives(self) -> int: ...

    @property
    def alarm_message_age_seconds(self) -> int: ...


class TableSettings(Protocol):
    """What the settings of a service with a table say of its capacity."""

    @property
    def table_billing(self) -> str: ...

    @property
    def table_capacity_min_units(self) -> int: ...

    @property
    def table_capacity_max_units(self) -> int: ...

    @property
    def table_capacity_target_percent(self) -> int: ...


def concurrency_of(role: str, settings: ConcurrencySettings) -> Concurrency:
    """What the settings say of the function with this role; others share the account's."""
    if role == "http":
        return Concurrency(
            reserved=settings.http_concurrency_reserved,
            provisioned=settings.http_concurrency_provisioned,
            snap_start=settings.http_snap_start,
        )
    if role == "events":
        return Concurrency(
            reserved=settings.events_concurrency_reserved, polled=settings.events_concurrency_max
        )
    return Concurrency()


def capacity_of(settings: TableSettings) -> Capacity | None:
    """What the settings say of the service's table; None: each request is paid for."""
    if settings.table_billing == "on_demand":
        return None
    return Capacity(
        min_units=settings.table_capacity_min_units,
        max_units=settings.table_capacity_max_units,
        target_percent=settings.table_capacity_target_percent,
    )


Compute: TypeAlias = tuple[Watched, *tuple[Watched, ...]]
"""One workload or more."""

DatastoreT = TypeVar("DatastoreT", bound=Watched)


class Microservice(pulumi.ComponentResource, Generic[DatastoreT], abc.ABC):
    """A service; `name` is also its name in physical names and tags."""

    def __init__(
        self, name: str, platform: Platform, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(f"storefront:service:{type(self).__name__}", name, {}, opts)
        self.name = name
        self.platform = platform
        self.scope = platform.scope.of(name)
        self.key = self._create_key()
        self.datastore = self._create_datastore()
        self.queue = self._create_queue()
        self.compute = self._create_compute()
        self.queue.subscribe(platform.events, self.consumed_events)
        told = None if platform.alarms_composed else platform.alarms.arn
        self.alarms = create_alarms(self, name, self.scope, self._alarm_specs(), told)
        self.register_outputs({"queue_url": self.queue.url})

    @property
    @abc.abstractmethod
    def consumed_events(self) -> tuple[str, ...]:
        """Types of the events that reach the service's queue."""

    @abc.abstractmethod
    def _create_datastore(self) -> DatastoreT:
        """The service's own data; nobody else reads it."""

    @abc.abstractmethod
    def _create_queue(self) -> Queue:
        """The service's way in for events."""

    @abc.abstractmethod
    def _create_compute(self) -> Compute:
        """The service's workloads, its queue's consumer among them."""

    def watched(self, expected: Metric | None = None) -> Subject:
        """What is watched of the service; see `Subject`."""
        logging = [part for part in self.compute if isinstance(part, Logging)]
        return Subject(
            scope=self.scope,
            alarms=self.alarms,
            indicators=self.indicators,
            log_groups=[part.log_group.name for part in logging],
            expected=expected,
        )

    @property
    @abc.abstractmethod
    def indicators(self) -> tuple[Indicator, ...]:
        """What is to be good about the service."""

    def _create_key(self) -> Key | None:
        defaults = self.platform.keys
        if defaults is None:
            return None
        users = [
            topic_sends(self.platform.events.arn),
            rules_send(self.scope, defaults.boundary),
        ]
        return Key(
            f"{self.name}-key",
            KeyArgs(scope=self.scope, defaults=defaults, users=users),
            self._own(),
        )

    def _create_events_queue(
        self, settings: QueueSettings, visibility_timeout_seconds: int, variable: str | None = None
    ) -> Queue:
        return Queue(
            f"{self.name}-events",
            QueueArgs(
                scope=self.scope,
                role="events",
                visibility_timeout_seconds=visibility_timeout_seconds,
                max_receives=settings.queue_max_receives,
                age_alarm_seconds=settings.alarm_message_age_seconds,
                variable=variable,
                key=self.key,
            ),
            self._own(),
        )

    def _create_packaged_function(
        self,
        package: str,
        role: str,
        settings: FunctionSettings,
        timeout_seconds: int,
        grants: Sequence[Grant],
        *,
        environment: Mapping[str, pulumi.Input[str]],
        network: FunctionNetwork | None = None,
        after: Sequence[pulumi.Resource] = (),
    ) -> Function:
        """The function `role` of the handler in `lambdas/<package>`."""
        return Function(
            f"{self.name}-{role}",
            FunctionArgs(
                scope=self.scope,
                role=role,
                defaults=self.platform.functions,
                key=self.key,
                code=self.platform.package(package),
                handler=f"{package}.handler.{role}",
                memory_mb=settings.function_memory_mb,
                timeout_seconds=timeout_seconds,
                latency_alarm_ms=settings.alarm_latency_ms,
                concurrency=concurrency_of(role, settings),
                grants=grants,
                environment=environment,
                network=network,
                after=after,
            ),
            self._own(),
        )

    def _alarm_specs(self) -> tuple[AlarmSpec, ...]:
        parts: tuple[Watched, ...] = (self.datastore, self.queue, *self.compute)
        return tuple(spec for part in parts for spec in part.alarms())

    def _own(self) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self)
