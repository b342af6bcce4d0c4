"""Cases of ECS and Cloud Map."""

from __future__ import annotations

import json

from local.resources import Properties
from tests.local_resources.cases.case import Case, allow
from tests.local_resources.cases.network import (
    GROUP,
    TARGET_GROUP,
    network,
    target_group_inputs,
)
from tests.local_resources.stack import Stack, unique

CLUSTER = "aws:ecs/cluster:Cluster"
TASK = "aws:ecs/taskDefinition:TaskDefinition"
NAMESPACE = "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace"
DISCOVERY = "aws:servicediscovery/service:Service"


def _task(stack: Stack) -> Properties:
    roles = [
        stack.make(
            "aws:iam/role:Role",
            name=unique("role"),
            assumeRolePolicy=allow("ecs-tasks.amazonaws.com"),
        )["arn"]
        for _ in range(2)
    ]
    container = {
        "name": "api",
        "image": "local/inventory@sha256:" + "0" * 64,
        "essential": True,
        "command": ["python", "-m", "inventory.api"],
        "portMappings": [{"containerPort": 8000, "protocol": "tcp"}],
        "environment": [{"name": "INVENTORY_PORT", "value": "8000"}],
    }
    return {
        "family": unique("inventory"),
        "containerDefinitions": json.dumps([container]),
        "cpu": "256",
        "memory": "512",
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "runtimePlatform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
        "executionRoleArn": roles[0],
        "taskRoleArn": roles[1],
        "tags": {"service": "inventory"},
    }


def service_inputs(stack: Stack) -> Properties:
    """A service behind a load balancer and in Cloud Map."""
    vpc = network(stack)
    group = stack.make(GROUP, name=unique("group"), description="Tasks", vpcId=vpc["vpcId"])
    target = stack.make(TARGET_GROUP, **target_group_inputs(stack))["arn"]
    return {
        "name": unique("service"),
        "cluster": stack.make(CLUSTER, name=unique("cluster"))["arn"],
        "taskDefinition": stack.make(TASK, **_task(stack))["arn"],
        "desiredCount": 1,
        "capacityProviderStrategies": [
            {"capacityProvider": "FARGATE_SPOT", "base": 1, "weight": 50}
        ],
        "enableExecuteCommand": False,
        "deploymentCircuitBreaker": {"enable": True, "rollback": True},
        "deploymentMinimumHealthyPercent": 100,
        "networkConfiguration": {
            "subnets": vpc["privateSubnetIds"],
            "securityGroups": [group["id"]],
            "assignPublicIp": False,
        },
        "loadBalancers": [
            {"targetGroupArn": target, "containerName": "api", "containerPort": 8000}
        ],
        "serviceRegistries": {"registryArn": stack.make(DISCOVERY, **_discovery(stack))["arn"]},
        "waitForSteadyState": False,
        "tags": {"service": "inventory"},
    }


def _namespace(stack: Stack) -> Properties:
    vpc = network(stack)
    return {
        "name": f"{unique('shop')}.internal",
        "vpc": vpc["vpcId"],
        "description": "The shop",
        "tags": {"service": "platform"},
    }


def _discovery(stack: Stack) -> Properties:
    return {
        "name": "inventory",
        "namespaceId": stack.make(NAMESPACE, **_namespace(stack))["id"],
        "dnsConfig": {
            "namespaceId": "ignored-in-favour-of-the-service's",
            "routingPolicy": "MULTIVALUE",
            "dnsRecords": [{"type": "A", "ttl": 10}],
        },
        "healthCheckCustomConfig": {"failureThreshold": 1},
        "forceDestroy": True,
        "tags": {"service": "inventory"},
    }


CASES = (
    Case(
        resource_type=CLUSTER,
        inputs=lambda _: {
            "name": unique("cluster"),
            "settings": [{"name": "containerInsights", "value": "enhanced"}],
            "tags": {"service": "inventory"},
        },
        change={"settings": [{"name": "containerInsights", "value": "disabled"}]},
        outputs=("arn",),
    ),
    Case(
        resource_type="aws:ecs/clusterCapacityProviders:ClusterCapacityProviders",
        inputs=lambda stack: {
            "clusterName": stack.make(CLUSTER, name=unique("cluster"))["name"],
            "capacityProviders": ["FARGATE"],
        },
        change={"capacityProviders": ["FARGATE", "FARGATE_SPOT"]},
        outputs=("clusterName",),
    ),
    Case(
        resource_type=TASK,
        inputs=_task,
        change={"tags": {"tier": "1"}},
        outputs=("arn", "arnWithoutRevision", "revision"),
    ),
    Case(
        resource_type="aws:ecs/service:Service",
        inputs=service_inputs,
        change={"desiredCount": 2, "tags": {"tier": "1"}},
        outputs=("arn",),
    ),
    Case(
        resource_type="aws:servicediscovery/httpNamespace:HttpNamespace",
        inputs=lambda _: {"name": unique("shop"), "description": "The shop"},
        change={"description": "The other shop", "tags": {"tier": "1"}},
        outputs=("arn", "httpName"),
    ),
    Case(
        resource_type=NAMESPACE,
        inputs=_namespace,
        change={"description": "The other shop", "tags": {"tier": "1"}},
        outputs=("arn", "hostedZone"),
    ),
    Case(
        resource_type="aws:servicediscovery/instance:Instance",
        inputs=lambda stack: {
            "instanceId": "balancer",
            "serviceId": stack.make(DISCOVERY, **_discovery(stack))["id"],
            "attributes": {"AWS_ALIAS_DNS_NAME": "internal-a.elb.amazonaws.com"},
        },
        change={"attributes": {"AWS_ALIAS_DNS_NAME": "internal-b.elb.amazonaws.com"}},
        outputs=("instanceId",),
    ),
    Case(
        resource_type=DISCOVERY,
        inputs=_discovery,
        change={"description": "Live stock", "tags": {"tier": "1"}},
        outputs=("arn",),
    ),
)
