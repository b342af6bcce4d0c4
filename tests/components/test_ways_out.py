"""How AWS's APIs are reached from the VPC: endpoints, IPv6, NAT; and what is written down."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.components.conftest import STACKS
from tests.support.harness import ACCOUNT, REGION, Built, Resource, build_stack
from tests.support.relations import FUNCTION, container, environment, statements

ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
ROUTE = "aws:ec2/route:Route"
TASK = "aws:ecs/taskDefinition:TaskDefinition"
GATEWAYS = {"dynamodb", "s3"}
OF_FARGATE = {"ecr.api", "ecr.dkr", "logs"}
INTERFACES = {
    "dev": OF_FARGATE,
    "prod": {*OF_FARGATE, "secretsmanager", "sns", "sqs"},
    "local": set[str](),
}
ZONES = {"dev": 1, "prod": 3}
PULL = [
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:GetAuthorizationToken",
    "ecr:GetDownloadUrlForLayer",
]
MAY_PASS: Mapping[str, tuple[list[str], bool]] = {
    "s3": (["s3:*"], True),
    "dynamodb": (["dynamodb:*"], True),
    "sqs": (["sqs:*"], True),
    "sns": (["sns:Publish"], True),
    "secretsmanager": (["secretsmanager:GetSecretValue"], True),
    "data-servicediscovery": (["servicediscovery:DiscoverInstances"], False),
    "logs": (
        [
            "logs:CreateLogGroup",
            "logs:CreateLogStream",
            "logs:DescribeLogStreams",
            "logs:PutLogEvents",
        ],
        True,
    ),
    "ecr.api": (PULL, False),
    "ecr.dkr": (PULL, False),
}
"""The actions that may pass each endpoint, and whether only to the account's own things."""


def endpoints(built: Built, kind: str) -> dict[str, Resource]:
    """The endpoints of one kind, by the service they lead to."""
    return {
        endpoint.inputs["serviceName"].split(".", 3)[3]: endpoint
        for endpoint in built.of_type(ENDPOINT)
        if endpoint.inputs["vpcEndpointType"] == kind
    }


@pytest.mark.parametrize("stack", STACKS)
def test_there_is_an_endpoint_for_each_of_these_apis(
    stacks: Mapping[str, Built], stack: str
) -> None:
    built = stacks[stack]

    assert set(endpoints(built, "Gateway")) == GATEWAYS
    assert set(endpoints(built, "Interface")) == INTERFACES[stack]


def test_gateway_endpoints_are_in_the_private_route_tables(shop: Built) -> None:
    zones = int(shop.named("network-vpc").inputs["numberOfAvailabilityZones"])

    for endpoint in endpoints(shop, "Gateway").values():
        assert endpoint.inputs["routeTableIds"] == [
            f"rtb-private-{zone}" for zone in range(1, zones + 1)
        ]


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_interface_endpoints_answer_to_the_apis_own_names(
    stacks: Mapping[str, Built], stack: str
) -> None:
    for endpoint in endpoints(stacks[stack], "Interface").values():
        said = endpoint.inputs
        assert said["privateDnsEnabled"] is True, endpoint.name
        assert said["subnetIds"] == [f"subnet-private-{zone + 1}" for zone in range(ZONES[stack])]
        group = f"securityGroup-storefront-{stack}-platform-endpoints"
        assert said["securityGroupIds"] == [group], endpoint.name


def test_an_endpoint_lets_the_accounts_own_identities_do_what_they_came_for(shop: Built) -> None:
    both = endpoints(shop, "Gateway") | endpoints(shop, "Interface")

    for name, endpoint in both.items():
        actions, ours_alone = MAY_PASS[name]
        account = {"aws:PrincipalAccount": ACCOUNT}
        first, *others = statements(endpoint)
        assert first == {
            "Sid": "OwnAccount",
            "Effect": "Allow",
            "Principal": "*",
            "Action": actions,
            "Resource": "*",
            "Condition": {
                "StringEquals": account | ({"aws:ResourceAccount": ACCOUNT} if ours_alone else {})
            },
        }
        assert len(others) == (name == "s3"), name


def test_image_layers_are_read_from_the_registrys_own_bucket(dev: Built) -> None:
    layers = statements(endpoints(dev, "Gateway")["s3"])[1]

    assert layers["Action"] == "s3:GetObject"
    assert layers["Resource"] == f"arn:aws:s3:::prod-{REGION}-starport-layer-bucket/*"


def test_dev_leaves_by_ipv6_from_its_private_subnets_alone(dev: Built) -> None:
    vpc = dev.named("network-vpc").inputs
    gateway = dev.named("network-egress-only")

    assert vpc["assignGeneratedIpv6CidrBlock"] is True
    assert [spec["assignIpv6AddressOnCreation"] for spec in vpc["subnetSpecs"]] == [False, True]
    assert gateway.inputs["vpcId"] == vpc_id(dev)
    assert [route.inputs for route in dev.of_type(ROUTE)] == [
        {
            "routeTableId": f"rtb-private-{zone}",
            "destinationIpv6CidrBlock": "::/0",
            "egressOnlyGatewayId": f"egressOnlyInternetGateway-{gateway.name}-id",
        }
        for zone in (1, 2)
    ]


@pytest.mark.parametrize("stack", ["prod", "local"])
def test_others_have_no_ipv6_at_all(stacks: Mapping[str, Built], stack: str) -> None:
    vpc = stacks[stack].named("network-vpc").inputs

    assert "assignGeneratedIpv6CidrBlock" not in vpc
    assert stacks[stack].of_type(ROUTE) == []
    assert all("assignIpv6AddressOnCreation" not in spec for spec in vpc["subnetSpecs"])


def test_who_is_in_a_dual_stack_vpc_calls_the_names_that_have_ipv6(shop: Built) -> None:
    dual_stack = "assignGeneratedIpv6CidrBlock" in shop.named("network-vpc").inputs
    for function in shop.of_type(FUNCTION):
        inside = function.inputs.get("vpcConfig")
        expected = "true" if dual_stack and inside else None
        assert environment(function).get("AWS_USE_DUALSTACK_ENDPOINT") == expected, function.name
        assert (inside or {}).get("ipv6AllowedForDualStack", False) is bool(expected)
    for task in shop.of_type(TASK):
        variables = {entry["name"]: entry["value"] for entry in container(task)["environment"]}
        assert ("AWS_USE_DUALSTACK_ENDPOINT" in variables) is dual_stack, task.name


def test_only_those_that_call_the_provider_are_in_the_group_that_gets_out(
    stacks: Mapping[str, Built],
) -> None:
    prod = stacks["prod"]
    provider = "securityGroup-storefront-prod-payments-provider"

    assert {
        function.name
        for function in prod.of_type(FUNCTION)
        if provider in function.inputs.get("vpcConfig", {}).get("securityGroupIds", [])
    } == {"payments-events-function", "payments-sweep-function"}


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_all_traffic_is_written_down_by_a_role_that_can_do_nothing_else(
    stacks: Mapping[str, Built], stack: str
) -> None:
    built = stacks[stack]
    log, group, role = (built.named(f"network-flows-{part}") for part in ("log", "group", "role"))

    said = {key: value for key, value in log.inputs.items() if key != "tags"}
    assert said == {
        "vpcId": vpc_id(built),
        "trafficType": "ALL",
        "logDestinationType": "cloud-watch-logs",
        "logDestination": group.outputs["arn"],
        "iamRoleArn": role.outputs["arn"],
        "maxAggregationInterval": 600,
    }
    assert group.inputs["retentionInDays"] == {"dev": 14, "prod": 90}[stack]
    trust = json.loads(role.inputs["assumeRolePolicy"])["Statement"][0]
    assert trust["Principal"] == {"Service": "vpc-flow-logs.amazonaws.com"}
    write, find = statements(built.named("network-flows-policy"))
    assert write["Resource"] == [f"{group.outputs['arn']}:*"]
    assert find["Action"] == ["logs:DescribeLogGroups"]


def test_a_single_nat_and_no_endpoint_is_a_choice_too(ready_packages: None) -> None:
    built = build_stack("dev", network__nat_strategy="Single", network__aws_apis_through="nat")

    assert built.named("network-vpc").inputs["natGateways"] == {"strategy": "Single"}
    assert set(endpoints(built, "Interface")) == set()
    assert built.of_type(ROUTE) == []


def test_without_a_mesh_inventory_is_found_through_an_endpoint(ready_packages: None) -> None:
    built = build_stack("dev", network__aws_apis_through="endpoints")

    assert set(endpoints(built, "Interface")) == {*INTERFACES["prod"], "data-servicediscovery"}
    assert built.of_type(ROUTE) == []


def vpc_id(built: Built) -> Any:
    """The VPC that everything is in."""
    return built.named("network-vpc").outputs["vpcId"]
