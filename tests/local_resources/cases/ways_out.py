"""Cases of IPv6 in a VPC, of its flow logs and of its default group."""

from __future__ import annotations

from local.resources import Properties
from tests.local_resources.cases.case import Case
from tests.local_resources.cases.network import (
    ROUTE_TABLE,
    SUBNET,
    VPC,
    gateway_inputs,
    vpc_inputs,
)
from tests.local_resources.stack import Stack

EGRESS_ONLY = "aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway"


def _ipv6_route(stack: Stack) -> Properties:
    gateway = stack.make(EGRESS_ONLY, **gateway_inputs(stack))
    return {
        "routeTableId": stack.make(ROUTE_TABLE, vpcId=gateway["vpcId"])["id"],
        "egressOnlyGatewayId": gateway["id"],
        "destinationIpv6CidrBlock": "::/0",
    }


def _dual_stack(stack: Stack) -> Properties:
    return {**vpc_inputs(stack), "assignGeneratedIpv6CidrBlock": True}


def _dual_stack_subnet(stack: Stack) -> Properties:
    vpc = stack.make(VPC, **_dual_stack(stack))
    block = vpc["ipv6CidrBlock"].replace("/56", "/64")
    return {
        "vpcId": vpc["id"],
        "cidrBlock": "10.90.132.0/22",
        "ipv6CidrBlock": block,
        "assignIpv6AddressOnCreation": True,
    }


def _default_group(stack: Stack) -> Properties:
    vpc = stack.make(VPC, **vpc_inputs(stack))["id"]
    return {"vpcId": vpc, "ingress": [], "egress": [], "tags": {"service": "platform"}}


def _flow_log(stack: Stack) -> Properties:
    return {
        "vpcId": stack.make(VPC, **vpc_inputs(stack))["id"],
        "trafficType": "ALL",
        "logDestinationType": "cloud-watch-logs",
        "logDestination": "arn:aws:logs:us-east-1:000000000000:log-group:flows",
        "iamRoleArn": "arn:aws:iam::000000000000:role/flows",
        "maxAggregationInterval": 600,
        "tags": {"service": "platform"},
    }


CASES = (
    Case(
        resource_type=VPC,
        inputs=_dual_stack,
        change={"tags": {"tier": "1"}},
        outputs=("ipv6CidrBlock",),
    ),
    Case(resource_type=EGRESS_ONLY, inputs=gateway_inputs, change={"tags": {"tier": "1"}}),
    Case(
        resource_type=SUBNET,
        inputs=_dual_stack_subnet,
        change={"assignIpv6AddressOnCreation": False},
        outputs=("arn",),
    ),
    Case(
        resource_type="aws:ec2/route:Route",
        inputs=_ipv6_route,
        change={"egressOnlyGatewayId": "eigw-0123456789abcdef0"},
        outputs=("origin", "state"),
    ),
    Case(
        resource_type="aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
        inputs=_default_group,
        change={"tags": {"tier": "1"}},
        outputs=("arn", "ownerId"),
        survives=True,
    ),
    Case(
        resource_type="aws:ec2/flowLog:FlowLog",
        inputs=_flow_log,
        change={"tags": {"tier": "1"}},
        outputs=("arn",),
    ),
)
