"""Cases of the VPC and of load balancers."""

from __future__ import annotations

from typing import Any

from local.resources import Properties
from tests.local_resources.cases.case import Case
from tests.local_resources.stack import Stack, unique

VPC = "aws:ec2/vpc:Vpc"
SUBNET = "aws:ec2/subnet:Subnet"
GATEWAY = "aws:ec2/internetGateway:InternetGateway"
ROUTE_TABLE = "aws:ec2/routeTable:RouteTable"
ADDRESS = "aws:ec2/eip:Eip"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
LOAD_BALANCER = "aws:lb/loadBalancer:LoadBalancer"
TARGET_GROUP = "aws:lb/targetGroup:TargetGroup"
LISTENER = "aws:lb/listener:Listener"


def network(stack: Stack) -> Properties:
    """The ids that components take from `awsx.ec2.Vpc`: of a VPC and of two private subnets."""
    vpc = stack.make(VPC, **vpc_inputs(stack))["id"]
    subnets = [
        stack.make(SUBNET, vpcId=vpc, cidrBlock=f"10.90.{third}.0/24", availabilityZone=zone)["id"]
        for third, zone in enumerate(("us-east-1a", "us-east-1b"))
    ]
    return {"vpcId": vpc, "privateSubnetIds": subnets}


def vpc_inputs(_: Stack) -> Properties:
    """A VPC with names for its addresses."""
    return {
        "cidrBlock": "10.90.0.0/16",
        "enableDnsHostnames": True,
        "enableDnsSupport": True,
        "tags": {"service": "platform"},
    }


def gateway_inputs(stack: Stack) -> Properties:
    """Something that belongs to a VPC of its own."""
    return {"vpcId": stack.make(VPC, **vpc_inputs(stack))["id"], "tags": {"service": "platform"}}


def _association(stack: Stack) -> Properties:
    vpc = network(stack)
    table = stack.make(ROUTE_TABLE, vpcId=vpc["vpcId"])["id"]
    return {"routeTableId": table, "subnetId": vpc["privateSubnetIds"][0]}


def _route(stack: Stack) -> Properties:
    gateway = stack.make(GATEWAY, **gateway_inputs(stack))
    return {
        "routeTableId": stack.make(ROUTE_TABLE, vpcId=gateway["vpcId"])["id"],
        "gatewayId": gateway["id"],
        "destinationCidrBlock": "0.0.0.0/0",
    }


def _nat(stack: Stack) -> Properties:
    return {
        "subnetId": network(stack)["privateSubnetIds"][0],
        "allocationId": stack.make(ADDRESS)["allocationId"],
        "tags": {"service": "platform"},
    }


def _subnet(stack: Stack) -> Properties:
    return {
        "vpcId": stack.make(VPC, **vpc_inputs(stack))["id"],
        "cidrBlock": "10.90.128.0/24",
        "availabilityZone": "us-east-1a",
        "mapPublicIpOnLaunch": True,
        "assignIpv6AddressOnCreation": False,
        "tags": {"service": "platform"},
    }


def _group(stack: Stack) -> Properties:
    anywhere = {"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": ["0.0.0.0/0"]}
    return {
        "name": unique("group"),
        "description": "Runs inventory",
        "vpcId": stack.make(VPC, **vpc_inputs(stack))["id"],
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
    vpc = network(stack)
    return {
        "vpcId": vpc["vpcId"],
        "serviceName": "com.amazonaws.us-east-1.sqs",
        "vpcEndpointType": "Interface",
        "subnetIds": vpc["privateSubnetIds"],
        "privateDnsEnabled": True,
        "tags": {"service": "platform"},
    }


def _load_balancer(stack: Stack) -> Properties:
    vpc = network(stack)
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
        "vpcId": stack.make(VPC, **vpc_inputs(stack))["id"],
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


def _weighted_rule(stack: Stack) -> Properties:
    groups = [stack.make(TARGET_GROUP, **target_group_inputs(stack))["arn"] for _ in range(2)]
    weighted = [
        {"arn": arn, "weight": weight} for arn, weight in zip(groups, (100, 0), strict=True)
    ]
    return {
        **_listener_rule(stack),
        "actions": [{"type": "forward", "forward": {"targetGroups": weighted}}],
    }


CASES = (
    Case(
        resource_type=VPC,
        inputs=vpc_inputs,
        change={"enableDnsHostnames": False, "tags": {"tier": "1"}},
        outputs=("arn", "mainRouteTableId", "defaultSecurityGroupId", "defaultNetworkAclId"),
    ),
    Case(
        resource_type=GATEWAY,
        inputs=gateway_inputs,
        change={"tags": {"tier": "1"}},
        outputs=("arn", "ownerId"),
    ),
    Case(
        resource_type=SUBNET,
        inputs=_subnet,
        change={"mapPublicIpOnLaunch": False, "tags": {"tier": "1"}},
        outputs=("arn", "availabilityZoneId", "ownerId"),
    ),
    Case(
        resource_type=ROUTE_TABLE,
        inputs=gateway_inputs,
        change={"tags": {"tier": "1"}},
        outputs=("arn", "ownerId"),
    ),
    Case(resource_type="aws:ec2/routeTableAssociation:RouteTableAssociation", inputs=_association),
    Case(
        resource_type="aws:ec2/route:Route",
        inputs=_route,
        change={"gatewayId": "igw-0123456789abcdef0"},
        outputs=("origin", "state"),
    ),
    Case(
        resource_type=ADDRESS,
        inputs=lambda _: {"domain": "vpc", "tags": {"service": "platform"}},
        change={"tags": {"tier": "1"}},
        outputs=("allocationId", "arn", "publicIp"),
    ),
    Case(
        resource_type="aws:ec2/natGateway:NatGateway",
        inputs=_nat,
        change={"tags": {"tier": "1"}},
        outputs=("connectivityType", "publicIp", "vpcId"),
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
    Case(
        resource_type="aws:lb/listenerRule:ListenerRule",
        inputs=_weighted_rule,
        change={"priority": 20},
        outputs=("arn",),
    ),
)
