"""What a stack registers: how many of each type, under which names and parents."""

from __future__ import annotations

import importlib
import pkgutil
import re

import pytest

import components
from tests.support.harness import Built

ROOTS = {"network", "events", "alarms", "inventory", "orders", "payments", "notifications", "edge"}

STACK = {
    "aws:apigatewayv2/api:Api": 1,
    "aws:apigatewayv2/authorizer:Authorizer": 1,
    "aws:apigatewayv2/integration:Integration": 5,
    "aws:apigatewayv2/route:Route": 14,
    "aws:apigatewayv2/stage:Stage": 1,
    "aws:apigatewayv2/vpcLink:VpcLink": 1,
    "aws:cloudwatch/eventRule:EventRule": 4,
    "aws:cloudwatch/eventTarget:EventTarget": 4,
    "aws:cloudwatch/logGroup:LogGroup": 15,
    "aws:cloudwatch/metricAlarm:MetricAlarm": 56,
    "aws:cognito/resourceServer:ResourceServer": 1,
    "aws:cognito/userPool:UserPool": 1,
    "aws:cognito/userPoolClient:UserPoolClient": 2,
    "aws:cognito/userPoolDomain:UserPoolDomain": 1,
    "aws:dynamodb/table:Table": 3,
    "aws:ec2/securityGroup:SecurityGroup": 6,
    "aws:ecs/cluster:Cluster": 1,
    "aws:ecs/service:Service": 2,
    "aws:ecs/taskDefinition:TaskDefinition": 2,
    "aws:iam/role:Role": 15,
    "aws:iam/rolePolicy:RolePolicy": 15,
    "aws:lambda/eventSourceMapping:EventSourceMapping": 5,
    "aws:lambda/function:Function": 11,
    "aws:lambda/invocation:Invocation": 1,
    "aws:lambda/permission:Permission": 7,
    "aws:lb/listener:Listener": 1,
    "aws:lb/loadBalancer:LoadBalancer": 1,
    "aws:lb/targetGroup:TargetGroup": 1,
    "aws:rds/cluster:Cluster": 1,
    "aws:rds/clusterInstance:ClusterInstance": 1,
    "aws:rds/clusterParameterGroup:ClusterParameterGroup": 1,
    "aws:rds/subnetGroup:SubnetGroup": 1,
    "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace": 1,
    "aws:servicediscovery/service:Service": 1,
    "aws:sns/topic:Topic": 3,
    "aws:sns/topicSubscription:TopicSubscription": 4,
    "aws:sqs/queue:Queue": 10,
    "aws:sqs/queuePolicy:QueuePolicy": 4,
    "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy": 4,
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": 7,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": 4,
    "awsx:ec2:Vpc": 1,
    "storefront:blocks:ContainerService": 2,
    "storefront:blocks:Discovery": 1,
    "storefront:blocks:Function": 11,
    "storefront:blocks:HttpApi": 1,
    "storefront:blocks:LoadBalancer": 1,
    "storefront:blocks:Network": 1,
    "storefront:blocks:OutboxRelay": 2,
    "storefront:blocks:Postgres": 1,
    "storefront:blocks:Queue": 4,
    "storefront:blocks:Schedule": 4,
    "storefront:blocks:SecurityGroup": 6,
    "storefront:blocks:Table": 3,
    "storefront:blocks:Topic": 3,
    "storefront:blocks:UserPool": 1,
    "storefront:edge:Edge": 1,
    "storefront:service:Inventory": 1,
    "storefront:service:Notifications": 1,
    "storefront:service:Orders": 1,
    "storefront:service:Payments": 1,
}

_SERVICE_OF_FUNCTIONS = {
    "aws:lambda/eventSourceMapping:EventSourceMapping": 1,
    "aws:sns/topicSubscription:TopicSubscription": 1,
    "aws:sqs/queue:Queue": 2,
    "aws:sqs/queuePolicy:QueuePolicy": 1,
    "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy": 1,
    "storefront:blocks:Queue": 1,
}
_ONE_SCHEDULE = {
    "aws:cloudwatch/eventRule:EventRule": 1,
    "aws:cloudwatch/eventTarget:EventTarget": 1,
    "aws:lambda/permission:Permission": 1,
    "storefront:blocks:Schedule": 1,
}


def _functions(count: int) -> dict[str, int]:
    return {
        "aws:cloudwatch/logGroup:LogGroup": count,
        "aws:iam/role:Role": count,
        "aws:iam/rolePolicy:RolePolicy": count,
        "aws:lambda/function:Function": count,
        "storefront:blocks:Function": count,
    }


PARTS = {
    "orders": {
        **_SERVICE_OF_FUNCTIONS,
        **_functions(4),
        **dict.fromkeys(_ONE_SCHEDULE, 2),
        "aws:cloudwatch/metricAlarm:MetricAlarm": 17,
        "aws:dynamodb/table:Table": 1,
        "aws:lambda/eventSourceMapping:EventSourceMapping": 2,
        "aws:sqs/queue:Queue": 3,
        "storefront:blocks:OutboxRelay": 1,
        "storefront:blocks:Table": 1,
        "storefront:service:Orders": 1,
    },
    "payments": {
        **_SERVICE_OF_FUNCTIONS,
        **_functions(4),
        **_ONE_SCHEDULE,
        "aws:cloudwatch/logGroup:LogGroup": 5,
        "aws:cloudwatch/metricAlarm:MetricAlarm": 15,
        "aws:lambda/invocation:Invocation": 1,
        "aws:rds/cluster:Cluster": 1,
        "aws:rds/clusterInstance:ClusterInstance": 1,
        "aws:rds/clusterParameterGroup:ClusterParameterGroup": 1,
        "aws:rds/subnetGroup:SubnetGroup": 1,
        "storefront:blocks:Postgres": 1,
        "storefront:service:Payments": 1,
    },
    "inventory": {
        **_SERVICE_OF_FUNCTIONS,
        **_functions(1),
        **_ONE_SCHEDULE,
        "aws:cloudwatch/logGroup:LogGroup": 3,
        "aws:cloudwatch/metricAlarm:MetricAlarm": 14,
        "aws:dynamodb/table:Table": 1,
        "aws:ecs/cluster:Cluster": 1,
        "aws:ecs/service:Service": 2,
        "aws:ecs/taskDefinition:TaskDefinition": 2,
        "aws:iam/role:Role": 5,
        "aws:iam/rolePolicy:RolePolicy": 5,
        "aws:lb/listener:Listener": 1,
        "aws:lb/loadBalancer:LoadBalancer": 1,
        "aws:lb/targetGroup:TargetGroup": 1,
        "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace": 1,
        "aws:servicediscovery/service:Service": 1,
        "aws:sqs/queue:Queue": 3,
        "storefront:blocks:ContainerService": 2,
        "storefront:blocks:Discovery": 1,
        "storefront:blocks:LoadBalancer": 1,
        "storefront:blocks:OutboxRelay": 1,
        "storefront:blocks:Table": 1,
        "storefront:service:Inventory": 1,
    },
    "notifications": {
        **_SERVICE_OF_FUNCTIONS,
        **_functions(2),
        "aws:cloudwatch/metricAlarm:MetricAlarm": 10,
        "aws:dynamodb/table:Table": 1,
        "aws:sns/topic:Topic": 1,
        "storefront:blocks:Table": 1,
        "storefront:blocks:Topic": 1,
        "storefront:service:Notifications": 1,
    },
    "edge": {
        "aws:apigatewayv2/api:Api": 1,
        "aws:apigatewayv2/authorizer:Authorizer": 1,
        "aws:apigatewayv2/integration:Integration": 5,
        "aws:apigatewayv2/route:Route": 14,
        "aws:apigatewayv2/stage:Stage": 1,
        "aws:apigatewayv2/vpcLink:VpcLink": 1,
        "aws:cloudwatch/logGroup:LogGroup": 1,
        "aws:cognito/resourceServer:ResourceServer": 1,
        "aws:cognito/userPool:UserPool": 1,
        "aws:cognito/userPoolClient:UserPoolClient": 2,
        "aws:cognito/userPoolDomain:UserPoolDomain": 1,
        "aws:lambda/permission:Permission": 3,
        "storefront:blocks:HttpApi": 1,
        "storefront:blocks:UserPool": 1,
        "storefront:edge:Edge": 1,
    },
    "network": {
        "aws:ec2/securityGroup:SecurityGroup": 6,
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": 7,
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": 4,
        "awsx:ec2:Vpc": 1,
        "storefront:blocks:Network": 1,
        "storefront:blocks:SecurityGroup": 6,
    },
    "events": {"aws:sns/topic:Topic": 1, "storefront:blocks:Topic": 1},
    "alarms": {"aws:sns/topic:Topic": 1, "storefront:blocks:Topic": 1},
}


def test_a_stack_registers_exactly_these_resources(shop: Built) -> None:
    assert shop.counts() == STACK


@pytest.mark.parametrize("part", sorted(PARTS))
def test_a_part_of_the_stack_registers_exactly_these_resources(dev: Built, part: str) -> None:
    assert dev.under(part).counts() == dict(sorted(PARTS[part].items()))


def test_nothing_stands_outside_the_parts(shop: Built) -> None:
    top = {resource.name for resource in shop if "pulumi:pulumi:Stack::" in resource.parent}

    assert top == ROOTS
    assert set(PARTS) == ROOTS


def test_every_resource_of_aws_belongs_to_a_component_of_ours(shop: Built) -> None:
    owners = {shop.at(resource.parent).type.split(":")[0] for resource in shop if resource.custom}

    assert owners == {"storefront"}


def test_a_child_is_named_after_its_parent(shop: Built) -> None:
    children = [resource for resource in shop if resource.name not in ROOTS]
    misnamed = [
        (resource.name, shop.at(resource.parent).name)
        for resource in children
        if not resource.name.startswith(f"{shop.at(resource.parent).name}-")
    ]

    assert misnamed == []


def test_logical_names_are_kebab_role_paths_without_the_stage(shop: Built) -> None:
    names = [resource.name for resource in shop]

    assert [name for name in names if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)] == []
    assert [name for name in names if re.search(r"\b(dev|prod|local)\b", name)] == []


def test_no_two_resources_of_a_type_share_a_name(shop: Built) -> None:
    kinds = [(resource.type, resource.name) for resource in shop]

    assert len(set(kinds)) == len(kinds)


def test_a_type_token_names_the_layer_and_the_class(shop: Built) -> None:
    modules = [
        importlib.import_module(found.name)
        for found in pkgutil.walk_packages(components.__path__, "components.")
    ]
    layers = {"blocks": "components.blocks.", "service": "components.", "edge": "components.edge"}
    for token in {resource.type for resource in shop if resource.type.startswith("storefront:")}:
        _, layer, name = token.split(":")
        homes = [
            module.__name__
            for module in modules
            if getattr(getattr(module, name, None), "__module__", "") == module.__name__
        ]
        assert len(homes) == 1, token
        assert homes[0].startswith(layers[layer]), token


def test_the_sdk_warns_of_nothing(shop: Built) -> None:
    assert shop.warnings == ()
