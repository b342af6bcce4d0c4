"""What a stack registers about its scaling, read from its recorded resources and nowhere else."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from components import backlog
from tools.policy.recording import Registration

_TARGET = "aws:appautoscaling/target:Target"
_POLICY = "aws:appautoscaling/policy:Policy"
_SERVICE = "aws:ecs/service:Service"
_TASK = "aws:ecs/taskDefinition:TaskDefinition"
_QUEUE = "aws:sqs/queue:Queue"
_ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
_CPU = "ECSServiceAverageCPUUtilization"
_AGE = "ApproximateAgeOfOldestMessage"


class UnreadableError(ValueError):
    """A registration says what the simulation does not know."""


@dataclass(frozen=True, kw_only=True)
class Policy:
    """A target tracking policy."""

    metric: str
    """`cpu`, or `backlog` for messages that wait for each task"""
    target: float
    scale_out_cooldown: int
    scale_in_cooldown: int


@dataclass(frozen=True, kw_only=True)
class Consumer:
    """A service that works off a queue: its limits, its policies, the queue, the objective."""

    stack: str
    service: str
    least: int
    most: int
    policies: tuple[Policy, ...]
    region: str
    chip: str
    """`ARM64` or `X86_64`"""
    cpu_units: int
    memory_mb: int
    max_receives: int
    """deliveries before a message goes to the dead letters"""
    visibility_seconds: int
    objective_seconds: float
    """age of the oldest message above which the queue's alarm fires"""

    def target(self, metric: str) -> float:
        """The target of the policy of this metric; raises UnreadableError when there is none."""
        for policy in self.policies:
            if policy.metric == metric:
                return policy.target
        raise UnreadableError(f"{self.service} has no policy by {metric}; register one")


def consumers(stack: str, registrations: Iterable[Registration]) -> list[Consumer]:
    """Every ECS service with a policy by backlog; raises UnreadableError for what is unknown."""
    found = list(registrations)
    targets = [entry.inputs for entry in found if entry.type == _TARGET]
    made = [
        _consumer(stack, target, found) for target in targets if target["serviceNamespace"] == "ecs"
    ]
    return [consumer for consumer in made if consumer is not None]


def _consumer(
    stack: str, target: dict[str, Any], registrations: list[Registration]
) -> Consumer | None:
    policies = [
        entry.inputs
        for entry in registrations
        if entry.type == _POLICY and entry.inputs["resourceId"] == target["resourceId"]
    ]
    queues = {name for policy in policies if (name := _queue_name(policy))}
    if not queues:
        return None
    (queue_name,) = queues
    service_name = target["resourceId"].rpartition("/")[2]
    queue = _only(registrations, _QUEUE, "name", queue_name)
    service = _only(registrations, _SERVICE, "name", service_name)
    task = _definition(registrations, service["taskDefinition"])
    return Consumer(
        stack=stack,
        service=service_name,
        least=int(target["minCapacity"]),
        most=int(target["maxCapacity"]),
        policies=tuple(_policy(policy) for policy in policies),
        region=service["cluster"].split(":")[3],
        chip=task.get("runtimePlatform", {}).get("cpuArchitecture", "X86_64"),
        cpu_units=int(task["cpu"]),
        memory_mb=int(task["memory"]),
        max_receives=int(json.loads(queue["redrivePolicy"])["maxReceiveCount"]),
        visibility_seconds=int(queue["visibilityTimeoutSeconds"]),
        objective_seconds=_objective(registrations, queue_name),
    )


def _policy(inputs: dict[str, Any]) -> Policy:
    if inputs["policyType"] != "TargetTrackingScaling":
        raise UnreadableError(
            f"policy {inputs['name']} is {inputs['policyType']}: the simulation knows "
            f"TargetTrackingScaling alone; teach tools/scaling/tracking.py the other"
        )
    tracking = inputs["targetTrackingScalingPolicyConfiguration"]
    return Policy(
        metric=_metric(inputs["name"], tracking),
        target=float(tracking["targetValue"]),
        scale_out_cooldown=int(tracking["scaleOutCooldown"]),
        scale_in_cooldown=int(tracking["scaleInCooldown"]),
    )


def _metric(name: str, tracking: dict[str, Any]) -> str:
    predefined = tracking.get("predefinedMetricSpecification", {}).get("predefinedMetricType")
    if predefined == _CPU:
        return "cpu"
    metrics = tracking.get("customizedMetricSpecification", {}).get("metrics", [])
    returned = [entry.get("expression") for entry in metrics if entry["returnData"]]
    if returned == [backlog.PER_TASK]:
        return "backlog"
    raise UnreadableError(
        f"policy {name} follows {predefined or returned}: the simulation knows {_CPU} and "
        f"{backlog.PER_TASK}; teach tools/scaling the other"
    )


def _queue_name(policy: dict[str, Any]) -> str | None:
    tracking = policy["targetTrackingScalingPolicyConfiguration"]
    for entry in tracking.get("customizedMetricSpecification", {}).get("metrics", []):
        for dimension in entry.get("metricStat", {}).get("metric", {}).get("dimensions", []):
            if dimension["name"] == "QueueName":
                return str(dimension["value"])
    return None


def _objective(registrations: list[Registration], queue_name: str) -> float:
    thresholds = [
        float(entry.inputs["threshold"])
        for entry in registrations
        if entry.type == _ALARM
        and entry.inputs.get("metricName") == _AGE
        and entry.inputs.get("dimensions") == {"QueueName": queue_name}
    ]
    if len(thresholds) != 1:
        raise UnreadableError(
            f"queue {queue_name} has {len(thresholds)} alarms on {_AGE}: its threshold is the "
            f"objective; register one"
        )
    return thresholds[0]


def _definition(registrations: list[Registration], arn: str) -> dict[str, Any]:
    for entry in registrations:
        if entry.type == _TASK and entry.outputs["arn"] == arn:
            return entry.inputs
    raise UnreadableError(f"no task definition {arn} is registered")


def _only(registrations: list[Registration], type: str, key: str, value: str) -> dict[str, Any]:
    found = [
        entry.inputs for entry in registrations if entry.type == type and entry.inputs[key] == value
    ]
    if len(found) != 1:
        raise UnreadableError(f"{len(found)} resources of {type} have {key} {value!r}, not one")
    return found[0]
