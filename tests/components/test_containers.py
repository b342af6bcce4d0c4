"""inventory's two containers: how they run, as whom, and how they are found."""

from __future__ import annotations

import json
from collections.abc import Mapping

import msgspec
import pytest

from common import env
from inventory.env import ApiEnvironment, WorkerEnvironment
from tests.support.configuration import stack_config
from tests.support.harness import Built
from tests.support.relations import behind, container

ROLES = ("api", "worker")
READS: dict[str, type[msgspec.Struct]] = {"api": ApiEnvironment, "worker": WorkerEnvironment}


def variables(built: Built, role: str) -> dict[str, str]:
    listed = container(built.named(f"inventory-{role}-task"))["environment"]
    return {entry["name"]: entry["value"] for entry in listed}


@pytest.mark.parametrize("role", ROLES)
def test_a_container_gets_every_variable_it_reads(shop: Built, role: str) -> None:
    env.load(READS[role], variables(shop, role))


@pytest.mark.parametrize("role", ROLES)
def test_a_container_is_told_of_the_table_and_queue_it_was_granted(shop: Built, role: str) -> None:
    told = variables(shop, role)
    queue = shop.named("inventory-events-queue").outputs["url"]

    assert told["INVENTORY_TABLE_NAME"] == shop.named("inventory-data-table").inputs["name"]
    assert told.get("INVENTORY_QUEUE_URL") == (queue if role == "worker" else None)
    assert told["POWERTOOLS_SERVICE_NAME"] == "inventory"


@pytest.mark.parametrize("role", ROLES)
def test_a_container_can_change_nothing_about_itself(shop: Built, role: str) -> None:
    found = container(shop.named(f"inventory-{role}-task"))

    assert found["readonlyRootFilesystem"] is True
    assert found["privileged"] is False
    assert found["user"].isdigit()
    assert found["user"] != "0"
    assert found["linuxParameters"]["capabilities"] == {"drop": ["ALL"]}


@pytest.mark.parametrize("role", ROLES)
def test_a_task_runs_under_roles_of_its_own(shop: Built, role: str) -> None:
    task = shop.named(f"inventory-{role}-task")

    assert behind(shop, task.inputs["taskRoleArn"]).name == f"inventory-{role}-task-role"
    assert behind(shop, task.inputs["executionRoleArn"]).name == f"inventory-{role}-execution-role"


@pytest.mark.parametrize("role", ROLES)
def test_a_container_logs_to_its_own_group(shop: Built, role: str) -> None:
    options = container(shop.named(f"inventory-{role}-task"))["logConfiguration"]["options"]
    group = shop.named(f"inventory-{role}-logs").inputs["name"]

    assert options["awslogs-group"] == group
    assert group.startswith("/ecs/")


@pytest.mark.parametrize("stack", ["dev", "prod", "local"])
@pytest.mark.parametrize("role", ROLES)
def test_a_task_is_sized_and_counted_as_configured(
    stacks: Mapping[str, Built], stack: str, role: str
) -> None:
    config, built = stack_config(stack), stacks[stack]
    task = built.named(f"inventory-{role}-task")
    service = built.named(f"inventory-{role}-service").inputs

    assert task.inputs["cpu"] == config["inventory:task_cpu_units"]
    assert task.inputs["memory"] == config["inventory:task_memory_mb"]
    assert container(task)["image"] == config["inventory:image"]
    assert container(task)["command"] == ["python", "-m", f"inventory.{role}"]
    assert service["desiredCount"] == int(config[f"inventory:{role}_tasks_count"])
    assert service["taskDefinition"] == task.outputs["arn"]


@pytest.mark.parametrize("role", ROLES)
def test_tasks_run_in_private_and_a_failed_rollout_is_rolled_back(shop: Built, role: str) -> None:
    service = shop.named(f"inventory-{role}-service").inputs
    group = shop.named("network-inventory-tasks-group").inputs["name"]

    assert service["cluster"] == shop.named("inventory-cluster").outputs["arn"]
    assert service["networkConfiguration"] == {
        "subnets": shop.named("network-vpc").outputs["privateSubnetIds"],
        "securityGroups": [f"securityGroup-{group}"],
        "assignPublicIp": False,
    }
    assert service["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("stack", ["dev", "prod", "local"])
def test_the_number_of_tasks_moves_between_its_limits_and_up_leaves_it_there(
    stacks: Mapping[str, Built], stack: str, role: str
) -> None:
    config, built = stack_config(stack), stacks[stack]
    service = built.named(f"inventory-{role}-service")
    target = built.named(f"inventory-{role}-scaling-target").inputs
    cluster = built.named("inventory-cluster").inputs["name"]

    assert target["minCapacity"] == int(config[f"inventory:{role}_tasks_count"])
    assert target["maxCapacity"] == int(config[f"inventory:{role}_tasks_max_count"])
    assert target["resourceId"] == f"service/{cluster}/{service.inputs['name']}"
    assert "desiredCount" in service.ignores


@pytest.mark.parametrize("role", ROLES)
def test_tasks_follow_their_cpu(shop: Built, role: str) -> None:
    policy = shop.named(f"inventory-{role}-scaling-cpu").inputs
    tracking = policy["targetTrackingScalingPolicyConfiguration"]

    assert tracking["targetValue"] == 60
    assert tracking["predefinedMetricSpecification"] == {
        "predefinedMetricType": "ECSServiceAverageCPUUtilization"
    }


def test_workers_follow_the_messages_that_wait_for_each_of_them(shop: Built) -> None:
    policy = shop.named("inventory-worker-scaling-backlog").inputs
    tracking = policy["targetTrackingScalingPolicyConfiguration"]
    messages, tasks, backlog = tracking["customizedMetricSpecification"]["metrics"]
    service = shop.named("inventory-worker-service").inputs["name"]

    assert (tracking["scaleOutCooldown"], tracking["scaleInCooldown"]) == (180, 300)
    assert messages["metricStat"]["metric"] == {
        "namespace": "AWS/SQS",
        "metricName": "ApproximateNumberOfMessagesVisible",
        "dimensions": [
            {"name": "QueueName", "value": shop.named("inventory-events-queue").inputs["name"]}
        ],
    }
    assert tasks["metricStat"]["metric"]["metricName"] == "RunningTaskCount"
    assert {"name": "ServiceName", "value": service} in tasks["metricStat"]["metric"]["dimensions"]
    assert backlog["expression"] == "IF(tasks > 0, messages / tasks, messages)"
    assert [metric["returnData"] for metric in (messages, tasks, backlog)] == [False, False, True]


@pytest.mark.parametrize("stack", ["dev", "prod", "local"])
def test_so_many_messages_may_wait_for_a_worker_as_it_handles_within_the_delay(
    stacks: Mapping[str, Built], stack: str
) -> None:
    config = stack_config(stack)
    policy = stacks[stack].named("inventory-worker-scaling-backlog").inputs
    rate = int(config["inventory:worker_rate_per_second"])

    assert policy["targetTrackingScalingPolicyConfiguration"]["targetValue"] == (
        rate * float(config["inventory:backlog_delay_seconds"])
    )


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("stack", ["dev", "prod", "local"])
def test_a_share_of_the_tasks_beyond_a_base_on_demand_runs_on_spot(
    stacks: Mapping[str, Built], stack: str, role: str
) -> None:
    config, service = stack_config(stack), stacks[stack].named(f"inventory-{role}-service")
    percent = int(config["inventory:spot_percent"])
    strategies = [
        {
            "capacityProvider": "FARGATE",
            "base": int(config["inventory:on_demand_base_count"]),
            "weight": 100 - percent,
        },
        {"capacityProvider": "FARGATE_SPOT", "weight": percent},
    ]

    assert service.inputs.get("launchType") == (None if percent else "FARGATE")
    assert service.inputs.get("capacityProviderStrategies") == (strategies if percent else None)
    if percent:
        capacity = stacks[stack].named("inventory-capacity")
        assert capacity.inputs["capacityProviders"] == ["FARGATE", "FARGATE_SPOT"]
        assert capacity.urn in service.dependencies


def test_the_api_stands_behind_the_balancer_once_requests_are_sent_to_it(shop: Built) -> None:
    service = shop.named("inventory-api-service")
    (target,) = service.inputs["loadBalancers"]
    rule = shop.named("inventory-entry-production")
    found = container(shop.named("inventory-api-task"))

    assert target == {
        "targetGroupArn": shop.named("inventory-entry-targets").outputs["arn"],
        "containerName": found["name"],
        "containerPort": 8080,
    }
    assert found["portMappings"] == [{"containerPort": 8080, "protocol": "tcp"}]
    assert variables(shop, "api")["INVENTORY_PORT"] == "8080"
    assert rule.urn in service.dependencies


@pytest.mark.parametrize(
    ("role", "variable"), [("api", "INVENTORY_PORT"), ("worker", "INVENTORY_HEALTH_PORT")]
)
def test_a_container_that_hangs_is_replaced(shop: Built, role: str, variable: str) -> None:
    assert container(shop.named(f"inventory-{role}-task"))["healthCheck"] == {
        "command": ["CMD", "python", "-m", "inventory.health", variables(shop, role)[variable]],
        "interval": 15,
        "timeout": 5,
        "retries": 3,
        "startPeriod": 30,
    }


def test_the_worker_is_reached_by_nobody(shop: Built) -> None:
    service = shop.named("inventory-worker-service").inputs

    assert "loadBalancers" not in service
    assert "serviceRegistries" not in service


def test_the_balancer_is_internal_and_forwards_to_healthy_tasks(shop: Built) -> None:
    balancer = shop.named("inventory-entry-balancer")
    targets = shop.named("inventory-entry-targets")
    listener = shop.named("inventory-entry-listener").inputs
    group = shop.named("network-inventory-balancer-group").inputs["name"]

    assert balancer.inputs["internal"] is True
    assert balancer.inputs["securityGroups"] == [f"securityGroup-{group}"]
    assert balancer.inputs["subnets"] == shop.named("network-vpc").outputs["privateSubnetIds"]
    assert listener["loadBalancerArn"] == balancer.outputs["arn"]
    assert listener["defaultActions"] == [
        {"type": "forward", "targetGroupArn": targets.outputs["arn"]}
    ]
    assert (targets.inputs["targetType"], targets.inputs["port"]) == ("ip", 8080)
    assert targets.inputs["healthCheck"]["path"] == "/health"


def test_a_release_moves_the_weights_of_the_rule_that_takes_everything(shop: Built) -> None:
    targets, alternate = (
        shop.named(f"inventory-entry-{name}") for name in ("targets", "alternate")
    )
    rule = shop.named("inventory-entry-production")
    weights = [(targets.outputs["arn"], 100), (alternate.outputs["arn"], 0)]

    assert rule.inputs["listenerArn"] == shop.named("inventory-entry-listener").outputs["arn"]
    assert rule.inputs["conditions"] == [{"pathPattern": {"values": ["/*"]}}]
    assert rule.inputs["actions"] == [
        {
            "type": "forward",
            "forward": {
                "targetGroups": [{"arn": arn, "weight": weight} for arn, weight in weights]
            },
        }
    ]
    assert rule.ignores == ("actions",)


def test_both_groups_of_targets_are_alike_but_for_their_name(shop: Built) -> None:
    targets, alternate = (
        shop.named(f"inventory-entry-{name}").inputs for name in ("targets", "alternate")
    )
    names = {"name": targets["name"]}

    assert targets["name"] != alternate["name"]
    assert targets == {**alternate, **names}


def test_the_api_is_in_cloud_map_in_every_stack(shop: Built) -> None:
    service = shop.named("inventory-discovery-service")
    namespace = shop.named("inventory-discovery-namespace")

    assert shop.named("inventory-api-service").inputs["serviceRegistries"] == {
        "registryArn": service.outputs["arn"]
    }
    assert service.inputs["dnsConfig"]["namespaceId"] == (
        f"privateDnsNamespace-{namespace.inputs['name']}"
    )
    assert namespace.inputs["vpc"] == shop.named("network-vpc").outputs["vpcId"]


def test_only_the_repository_of_the_image_may_be_pulled_from(stacks: Mapping[str, Built]) -> None:
    for stack, account in (("dev", "111111111111"), ("prod", "222222222222")):
        for role in ROLES:
            policy = stacks[stack].named(f"inventory-{role}-execution-policy")
            (pull,) = [
                entry
                for entry in json.loads(policy.inputs["policy"])["Statement"]
                if entry["Sid"] == "PullImage"
            ]
            assert pull["Resource"] == [
                f"arn:aws:ecr:eu-west-1:{account}:repository/storefront/inventory"
            ]
