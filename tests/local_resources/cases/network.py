"""Cases of the VPC and of load balancers."""

from __future__ import annotations

from typing import Any

from local.resources import Properties
from tests.local_resources.cases.case import Case
from tests.local_resources.stack import Stack, unique

VPC = "awsx:ec2:Vpc"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
LOAD_BALANCER = "aws:lb/loadBalancer:LoadBalancer"
TARGET_GROUP = "aws:lb/targetGroup:TargetGroup"
LISTENER = "aws:lb/listener:Listener"


def vpc_inputs(_: Stack) -> Properties:
    """Two zones with a public and a private tier."""
    return {
        "cidrBlock": "10.90.0.0/16",
        "numberOfAvailabilityZones": 2,
        "natGateways": {"strategy": "Single"},
        "subnetStrategy": "Auto",
        "subnetSpecs": [{"type": "Public", "cidrMask": 24}, {"type": "Private", "cidrMask": 22}],
        "enableDnsHostnames": True,
        "enableDnsSupport": True,
        "tags": {"service": "platform"},
    }


def _subnet(stack: Stack) -> Properties:
    return {
        "vpcId": stack.make(VPC, **vpc_inputs(stack))["vpcId"],
        "cidrBlock": "10.90.128.0/24",
        "availabilityZone": "us-east-1a",
        "tags": {"service": "platform"},
    }


def _group(stack: Stack) -> Properties:
    anywhere = {"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": ["0.0.0.0/0"]}
    return {
        "name": unique("group"),
        "description": "Runs inventory",
        "vpcId": stack.make(VPC, **vpc_inputs(stack))["vpcId"],
        "egress": [anywhere],
        "tags": {"service": "inventory"},
    }


def _rule(stack: Stack) -> Properties:
    made = stack.make(GROUP, **_group(stack))
    return {
        "securityGroupId": made["id"],
        "referencedSecurityGroupId": stack.make(
            GROUP, name=unique("group"), description="Runs orders", vpcId=made["vpcId"]
        )["id"],
        "ipProtocol": "tcp",
        "fromPort": 8000,
        "toPort": 8000,
        "description": "orders to inventory",
        "tags": {"service": "inventory"},
    }


def _endpoint(stack: Stack) -> Properties:
    vpc = stack.make(VPC, **vpc_inputs(stack))
    return {
        "vpcId": vpc["vpcId"],
        "serviceName": "com.amazonaws.us-east-1.sqs",
        "vpcEndpointType": "Interface",
        "subnetIds": vpc["privateSubnetIds"],
        "privateDnsEnabled": True,
        "tags": {"service": "platform"},
    }


def _load_balancer(stack: Stack) -> Properties:
    vpc = stack.make(VPC, **vpc_inputs(stack))
    group = stack.make(GROUP, name=unique("group"), description="Fronts", vpcId=vpc["vpcId"])
    return {
        "name": unique("alb"),
        "internal": True,
        "loadBalancerType": "application",
        "subnets": vpc["privateSubnetIds"],
        "securityGroups": [group["id"]],
        "dropInvalidHeaderFields": True,
        "idleTimeout": 30,
        "tags": {"service": "inventory"},
    }


def target_group_inputs(stack: Stack) -> Properties:
    """Where the tasks of a container service register."""
    return {
        "name": unique("targets"),
        "port": 8000,
        "protocol": "HTTP",
        "targetType": "ip",
        "vpcId": stack.make(VPC, **vpc_inputs(stack))["vpcId"],
        "deregistrationDelay": 15,
        "healthCheck": {"path": "/health", "interval": 10, "timeout": 5, "matcher": "200"},
        "tags": {"service": "inventory"},
    }


def _forward(stack: Stack) -> list[dict[str, Any]]:
    target = stack.make(TARGET_GROUP, **target_group_inputs(stack))["arn"]
    return [{"type": "forward", "forward": {"targetGroups": [{"arn": target, "weight": 100}]}}]


def listener_inputs(stack: Stack) -> Properties:
    """A listener that forwards to one target group."""
    return {
        "loadBalancerArn": stack.make(LOAD_BALANCER, **_load_balancer(stack))["arn"],
        "port": 80,
        "protocol": "HTTP",
        "defaultActions": _forward(stack),
        "tags": {"service": "inventory"},
    }


def _listener_rule(stack: Stack) -> Properties:
    return {
        "listenerArn": stack.make(LISTENER, **listener_inputs(stack))["arn"],
        "priority": 10,
        "actions": _forward(stack),
        "conditions": [
            {"pathPattern": {"values": ["/products/*"]}},
            {"queryStrings": [{"key": "version", "value": "next"}]},
        ],
        "tags": {"service": "inventory"},
    }


CASES = (
    Case(
        resource_type=VPC,
        inputs=vpc_inputs,
        change={"enableDnsHostnames": False, "tags": {"tier": "1"}},
        outputs=("vpcId", "publicSubnetIds", "privateSubnetIds"),
    ),
    Case(
        resource_type="aws:ec2/subnet:Subnet",
        inputs=_subnet,
        change={"mapPublicIpOnLaunch": True, "tags": {"tier": "1"}},
        outputs=("arn", "ownerId"),
    ),
    Case(
        resource_type=GROUP,
        inputs=_group,
        change={"egress": [], "tags": {"tier": "1"}},
        outputs=("arn", "ownerId"),
    ),
    *(
        Case(
            resource_type=f"aws:vpc/securityGroup{way}Rule:SecurityGroup{way}Rule",
            inputs=_rule,
            change={"description": "orders to the API", "tags": {"tier": "1"}},
            outputs=("arn", "securityGroupRuleId"),
        )
        for way in ("Ingress", "Egress")
    ),
    Case(
        resource_type="aws:ec2/vpcEndpoint:VpcEndpoint",
        inputs=_endpoint,
        change={"tags": {"tier": "1"}},
        outputs=("arn", "state"),
    ),
    Case(
        resource_type=LOAD_BALANCER,
        inputs=_load_balancer,
        change={"idleTimeout": 60, "tags": {"tier": "1"}},
        outputs=("arn", "arnSuffix", "dnsName", "vpcId"),
    ),
    Case(
        resource_type=TARGET_GROUP,
        inputs=target_group_inputs,
        change={"deregistrationDelay": 30, "healthCheck": {"path": "/ready"}},
        outputs=("arn", "arnSuffix"),
    ),
    Case(resource_type=LISTENER, inputs=listener_inputs, change={"port": 8080}, outputs=("arn",)),
    Case(
        resource_type="aws:lb/listenerRule:ListenerRule",
        inputs=_listener_rule,
        change={"priority": 20, "conditions": [{"pathPattern": {"values": ["/health"]}}]},
        outputs=("arn",),
    ),
)
