"""A Fargate service: one container, its role, its logs, behind a load balancer or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.blocks.alarms import AlarmSpec
from components.blocks.function import OVER_IPV6
from components.blocks.grants import WRITE_LOGS, Statement, component_inputs
from components.blocks.keys import Key, arn_of
from components.blocks.network import Network, SecurityGroup
from components.blocks.roles import Role, RoleArgs, create_role
from components.blocks.scaling import ServiceScaling
from components.blocks.workload import STOP_SECONDS, USER, Usage, WorkloadArgs

ON_DEMAND, SPOT = "FARGATE", "FARGATE_SPOT"
_USAGE = Usage(namespace="AWS/ECS", cpu="CPUUtilization", memory="MemoryUtilization")
_REGISTRY_LOGIN = Statement(
    sid="RegistryLogin", actions=("ecr:GetAuthorizationToken",), resources=("*",)
)
_PULL_IMAGE = Statement(
    sid="PullImage",
    actions=(
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:GetDownloadUrlForLayer",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """Where tasks run: all on demand, or beyond `on_demand_base` a share of them on spot."""

    spot_percent: int = 0
    on_demand_base: int = 1
    providers: Sequence[pulumi.Resource] = ()
    """what lets the cluster run on spot"""

    def strategies(self) -> list[aws.ecs.ServiceCapacityProviderStrategyArgs] | None:
        """Weights of the two providers; none without spot, where the launch type says it all."""
        if self.spot_percent == 0:
            return None
        strategy = aws.ecs.ServiceCapacityProviderStrategyArgs
        return [
            strategy(
                capacity_provider=ON_DEMAND,
                base=self.on_demand_base,
                weight=100 - self.spot_percent,
            ),
            strategy(capacity_provider=SPOT, weight=self.spot_percent),
        ]


@dataclass(frozen=True, kw_only=True)
class ContainerServiceArgs(WorkloadArgs):
    """Arguments of `ContainerService`."""

    cluster: aws.ecs.Cluster
    """where tasks run"""
    network: Network
    """the subnets of the tasks"""
    group: SecurityGroup
    """the tasks' security group"""
    log_retention_days: int
    """days that logs are kept"""
    region: str
    """the log driver's region"""
    log_key: Key | None = None
    """customer managed key of its logs"""
    capacity: Capacity = Capacity()
    """how much of it may run on spot"""


class ContainerService(pulumi.ComponentResource):
    """Read-only root, numeric user, no privileges; failed rollouts roll back.

    The program registers task definitions and keeps the old ones, which a service is taken back
    to; a release brings one into service.
    """

    def __init__(
        self, name: str, args: ContainerServiceArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        self._name = name
        self._args = args
        statements = [WRITE_LOGS, _REGISTRY_LOGIN, _PULL_IMAGE, *args.statements()]
        inputs = component_inputs(statements)
        super().__init__("storefront:blocks:ContainerService", name, inputs, opts)
        self.log_group = self._create_log_group()
        self.execution_role = self._create_execution_role()
        self.task_role = self._create_task_role()
        self.task_definition = self._create_task_definition()
        self.service = self._create_service()
        ServiceScaling(
            f"{name}-scaling",
            args,
            args.cluster.name,
            self.service.name,
            pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"service_name": self.service.name})

    def alarms(self) -> tuple[AlarmSpec, ...]:
        """Saturation, and what the load balancer sees of a service that has one."""
        return self._args.alarms(
            _USAGE,
            {"ClusterName": self._args.cluster.name, "ServiceName": self.service.name},
        )

    def _create_log_group(self) -> aws.cloudwatch.LogGroup:
        return aws.cloudwatch.LogGroup(
            f"{self._name}-logs",
            name=f"/ecs/{self._args.scope.physical('task_service', self._args.role)}",
            retention_in_days=self._args.log_retention_days,
            kms_key_id=arn_of(self._args.log_key),
            tags=self._args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_execution_role(self) -> Role:
        logs = WRITE_LOGS.on(pulumi.Output.concat(self.log_group.arn, ":*"))
        pull = _PULL_IMAGE.on(self._args.image_repository_arn)
        return self._create_role("execution", (logs, _REGISTRY_LOGIN, pull))

    def _create_task_role(self) -> Role:
        return self._create_role("task", self._args.statements())

    def _create_role(self, kind: str, statements: Sequence[Statement]) -> Role:
        return create_role(
            self,
            f"{self._name}-{kind}",
            RoleArgs(
                scope=self._args.scope,
                role=f"{self._args.role}-{kind}",
                taken_by="ecs-tasks.amazonaws.com",
                boundary=self._args.boundary,
                statements=statements,
            ),
        )

    def _create_task_definition(self) -> aws.ecs.TaskDefinition:
        args = self._args
        return aws.ecs.TaskDefinition(
            f"{self._name}-task",
            family=args.scope.physical("task_family", args.role),
            requires_compatibilities=["FARGATE"],
            network_mode="awsvpc",
            cpu=str(args.cpu_units),
            memory=str(args.memory_mb),
            runtime_platform={
                "cpu_architecture": "ARM64",
                "operating_system_family": "LINUX",
            },
            execution_role_arn=self.execution_role.arn,
            task_role_arn=self.task_role.arn,
            container_definitions=pulumi.Output.json_dumps([self._container()]),
            skip_destroy=True,
            tags=args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _container(self) -> dict[str, object]:
        args = self._args
        variables = {**args.variables(), **(OVER_IPV6 if args.network.dual_stack else {})}
        return {
            "name": args.role,
            "image": args.image,
            "essential": True,
            "command": list(args.command),
            "user": str(USER),
            "privileged": False,
            "readonlyRootFilesystem": True,
            "linuxParameters": {
                "initProcessEnabled": True,
                "capabilities": {"drop": ["ALL"]},
            },
            "stopTimeout": STOP_SECONDS,
            "portMappings": [{"containerPort": args.port, "protocol": "tcp"}],
            "healthCheck": _health_check(args.health_command),
            "environment": [
                {"name": key, "value": value} for key, value in sorted(variables.items())
            ],
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {
                    "awslogs-group": self.log_group.name,
                    "awslogs-region": args.region,
                    "awslogs-stream-prefix": args.role,
                },
            },
        }

    def _create_service(self) -> aws.ecs.Service:
        args, exposure = self._args, self._args.exposure
        return aws.ecs.Service(
            f"{self._name}-service",
            name=args.scope.physical("task_service", args.role),
            cluster=args.cluster.arn,
            task_definition=self.task_definition.arn,
            desired_count=args.tasks_count,
            launch_type=None if args.capacity.spot_percent else ON_DEMAND,
            capacity_provider_strategies=args.capacity.strategies(),
            propagate_tags="SERVICE",
            deployment_circuit_breaker={"enable": True, "rollback": True},
            deployment_minimum_healthy_percent=100,
            deployment_maximum_percent=200,
            health_check_grace_period_seconds=30 if exposure else None,
            network_configuration=aws.ecs.ServiceNetworkConfigurationArgs(
                subnets=args.network.private_subnet_ids,
                security_groups=[args.group.group_id],
                assign_public_ip=False,
            ),
            load_balancers=self._targets(),
            service_registries=aws.ecs.ServiceServiceRegistriesArgs(
                registry_arn=exposure.discovery.service_arn
            )
            if exposure
            else None,
            tags=args.scope.tags,
            opts=pulumi.ResourceOptions(
                parent=self,
                ignore_changes=["desiredCount", "loadBalancers", "taskDefinition"],
                depends_on=[
                    self.execution_role.policy,
                    self.task_role.policy,
                    *args.capacity.providers,
                    *([exposure.balancer.production_rule] if exposure else []),
                ],
            ),
        )

    def _targets(self) -> list[aws.ecs.ServiceLoadBalancerArgs] | None:
        exposure = self._args.exposure
        if exposure is None:
            return None
        return [
            aws.ecs.ServiceLoadBalancerArgs(
                target_group_arn=exposure.balancer.target_group_arn,
                container_name=self._args.role,
                container_port=self._args.port,
            )
        ]


def _health_check(command: Sequence[str]) -> dict[str, object]:
    """Seconds: a container that fails three times in a row is replaced."""
    return {
        "command": ["CMD", *command],
        "interval": 15,
        "timeout": 5,
        "retries": 3,
        "startPeriod": 30,
    }
