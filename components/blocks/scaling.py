"""Application Auto Scaling of an ECS service: by CPU, and by messages that wait for each task."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from components import backlog
from components.blocks.workload import WorkloadArgs

SCALE_OUT_SECONDS, SCALE_IN_SECONDS = 180, 300
"""Until the tasks of a scale-out show in the metrics, it must not be repeated for its own reason:
a minute to start, a minute of their work, a minute until an alarm sees it."""


class ServiceScaling(pulumi.ComponentResource):
    """Owns the number of the service's tasks from its creation on."""

    def __init__(
        self,
        name: str,
        args: WorkloadArgs,
        cluster_name: pulumi.Output[str],
        service_name: pulumi.Output[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("storefront:blocks:ServiceScaling", name, {}, opts)
        self._name = name
        self._args = args
        self._dimensions = {"ClusterName": cluster_name, "ServiceName": service_name}
        self._target = aws.appautoscaling.Target(
            f"{name}-target",
            service_namespace="ecs",
            resource_id=pulumi.Output.concat("service/", cluster_name, "/", service_name),
            scalable_dimension="ecs:service:DesiredCount",
            min_capacity=args.tasks_count,
            max_capacity=args.scaling.tasks_max,
            tags=args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self._follow_cpu()
        if args.scaling.queue is not None:
            self._follow_backlog(args.scaling.queue.name)
        self.register_outputs({})

    def _follow_cpu(self) -> None:
        cpu = {"predefined_metric_type": "ECSServiceAverageCPUUtilization"}
        self._policy(
            "cpu", self._args.scaling.cpu_percent, {"predefined_metric_specification": cpu}
        )

    def _follow_backlog(self, queue_name: pulumi.Input[str]) -> None:
        queue = {"QueueName": queue_name}
        messages = _metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", queue, "Sum")
        tasks = _metric("ECS/ContainerInsights", "RunningTaskCount", self._dimensions, "Average")
        metrics = [
            {"id": "messages", "metric_stat": messages, "return_data": False},
            {"id": "tasks", "metric_stat": tasks, "return_data": False},
            {"id": "backlog", "expression": backlog.PER_TASK, "return_data": True},
        ]
        self._policy(
            "backlog",
            self._args.scaling.backlog_messages,
            {"customized_metric_specification": {"metrics": metrics}},
        )

    def _policy(self, kind: str, target: int, metric: Mapping[str, object]) -> None:
        role = f"{self._args.role}-{kind}"
        aws.appautoscaling.Policy(
            f"{self._name}-{kind}",
            name=self._args.scope.physical("scaling_policy", role),
            policy_type="TargetTrackingScaling",
            service_namespace=self._target.service_namespace,
            resource_id=self._target.resource_id,
            scalable_dimension=self._target.scalable_dimension,
            target_tracking_scaling_policy_configuration=(
                aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationArgs(
                    target_value=target,
                    scale_out_cooldown=SCALE_OUT_SECONDS,
                    scale_in_cooldown=SCALE_IN_SECONDS,
                    **metric,  # type: ignore[arg-type] # one of two specifications
                )
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )


def _metric(
    namespace: str, name: str, dimensions: Mapping[str, pulumi.Input[str]], statistic: str
) -> dict[str, object]:
    return {
        "metric": {
            "namespace": namespace,
            "metric_name": name,
            "dimensions": [{"name": key, "value": value} for key, value in dimensions.items()],
        },
        "stat": statistic,
    }
