"""What the containers and the database use, as ECS and RDS would emit it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

import psutil

from local.processes import TaskProcess
from local.shop import Shop
from tools.cloudwatch.series import Metric, Sample

_UNITS_OF_A_CPU = 1024
_BYTES_OF_A_MB = 1024 * 1024
_TASK, _CLUSTER = "aws:ecs/taskDefinition:TaskDefinition", "aws:rds/cluster:Cluster"
_CONNECTIONS = "SELECT count(*) - 1 FROM pg_stat_activity WHERE backend_type = 'client backend'"
_JUST_BEFORE_SECONDS = 0.01
"""What is measured at the end of a reading belongs to it."""


@dataclass(frozen=True)
class Used:
    """CPU seconds of each process by a moment."""

    at: float
    cpu: Mapping[int, float]


class Hosts:
    """The tasks' processes and the PostgreSQL of one shop; dimensions as on AWS."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._sizes = {
            str(each.outputs["family"]): (float(each.inputs["cpu"]), float(each.inputs["memory"]))
            for each in shop.deployment.of_type(_TASK)
        }
        (cluster,) = shop.deployment.of_type(_CLUSTER)
        of = {"DBClusterIdentifier": str(cluster.outputs["clusterIdentifier"])}
        self._connections = Metric.of("AWS/RDS", "DatabaseConnections", of)

    def used(self) -> Used:
        """What has been used by now."""
        cpu: dict[int, float] = {}
        for task in self._tasks():
            with suppress(psutil.NoSuchProcess):
                cpu[task.pid] = sum(psutil.Process(task.pid).cpu_times()[:2])
        return Used(time.time(), cpu)

    def since(self, before: Used) -> Iterator[Sample]:
        """How much of what it reserves each task has used, and the database's connections."""
        now = self.used()
        at = now.at - _JUST_BEFORE_SECONDS
        with self._shop.database.connect("postgres") as connection:
            row = connection.execute(_CONNECTIONS).fetchone()
        yield Sample(self._connections, at, float(row[0]) if row else 0)
        for task in self._tasks():
            if task.pid in before.cpu and task.pid in now.cpu:
                units, memory_mb = self._sizes[task.task.service]
                seconds = now.cpu[task.pid] - before.cpu[task.pid]
                share = seconds / (now.at - before.at) * _UNITS_OF_A_CPU / units
                held = psutil.Process(task.pid).memory_info().rss / _BYTES_OF_A_MB / memory_mb
                yield Sample(_of(task, "CPUUtilization"), at, 100 * share)
                yield Sample(_of(task, "MemoryUtilization"), at, 100 * held)

    def _tasks(self) -> list[TaskProcess]:
        return [process for process in self._shop.processes if process.alive]


def _of(task: TaskProcess, name: str) -> Metric:
    cluster, service = task.task.service_arn.split("/")[-2:]
    return Metric.of("AWS/ECS", name, {"ClusterName": cluster, "ServiceName": service})
