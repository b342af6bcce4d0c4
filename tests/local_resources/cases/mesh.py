"""Cases of VPC Lattice, of which nothing reaches the embedded AWS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local.resources import Properties
from tests.local_resources.cases.case import Case, permit
from tests.local_resources.stack import Stack, unique

_TAGS = {"service": "inventory"}
_MORE_TAGS = {"tags": {"tier": "1"}}
_BALANCER = "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/shop/1"
_LOGS = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/vendedlogs/shop"


def _token(kind: str) -> str:
    return f"aws:vpclattice/{kind[0].lower()}{kind[1:]}:{kind}"


def _named(_: Stack) -> Properties:
    return {"name": unique("mesh"), "authType": "AWS_IAM", "tags": _TAGS}


def _made(stack: Stack, kind: str, inputs: Properties) -> Any:
    return stack.make(_token(kind), **inputs)


def _service(stack: Stack) -> Any:
    return _made(stack, "Service", _named(stack))["id"]


def _network(stack: Stack) -> Any:
    return _made(stack, "ServiceNetwork", _named(stack))["id"]


def _vpc(stack: Stack) -> Properties:
    return {
        "serviceNetworkIdentifier": _network(stack),
        "vpcIdentifier": "vpc-1",
        "securityGroupIds": ["sg-123"],
        "tags": _TAGS,
    }


def _membership(stack: Stack) -> Properties:
    return {
        "serviceIdentifier": _service(stack),
        "serviceNetworkIdentifier": _network(stack),
        "tags": _TAGS,
    }


def _targets(_: Stack) -> Properties:
    return {
        "name": unique("targets"),
        "type": "ALB",
        "config": {
            "port": 80,
            "protocol": "HTTP",
            "protocolVersion": "HTTP1",
            "vpcIdentifier": "vpc-1",
        },
        "tags": _TAGS,
    }


def _target(stack: Stack) -> Properties:
    return {
        "targetGroupIdentifier": _made(stack, "TargetGroup", _targets(stack))["id"],
        "target": {"id": _BALANCER, "port": 80},
    }


def _listener(stack: Stack) -> Properties:
    return {
        "serviceIdentifier": _service(stack),
        "name": unique("listener"),
        "port": 443,
        "protocol": "HTTPS",
        "defaultAction": {"fixedResponse": {"statusCode": 404}},
        "tags": _TAGS,
    }


def _rule(stack: Stack) -> Properties:
    listener = _made(stack, "Listener", _listener(stack))
    group = _made(stack, "TargetGroup", _targets(stack))["id"]
    path = {"caseSensitive": True, "match": {"exact": "/availability"}}
    return {
        "serviceIdentifier": listener["serviceIdentifier"],
        "listenerIdentifier": listener["listenerId"],
        "name": unique("rule"),
        "priority": 1,
        "match": {"httpMatch": {"method": "POST", "pathMatch": path}},
        "action": {"forward": {"targetGroups": [{"targetGroupIdentifier": group, "weight": 100}]}},
        "tags": _TAGS,
    }


def _policy(stack: Stack) -> Properties:
    return {
        "resourceIdentifier": _service(stack),
        "policy": permit("vpc-lattice-svcs:Invoke", "*", Principal='"*"'),
    }


def _log(stack: Stack) -> Properties:
    return {"resourceIdentifier": _network(stack), "destinationArn": _LOGS, "tags": _TAGS}


_CASES: tuple[tuple[str, Callable[[Stack], Properties], Properties, tuple[str, ...]], ...] = (
    ("ServiceNetwork", _named, {"authType": "NONE"}, ("arn",)),
    ("ServiceNetworkVpcAssociation", _vpc, {"securityGroupIds": ["sg-456"]}, ("arn",)),
    ("Service", _named, _MORE_TAGS, ("arn", "dnsEntries")),
    ("ServiceNetworkServiceAssociation", _membership, _MORE_TAGS, ("arn",)),
    ("TargetGroup", _targets, _MORE_TAGS, ("arn",)),
    ("TargetGroupAttachment", _target, {}, ()),
    (
        "Listener",
        _listener,
        {"defaultAction": {"fixedResponse": {"statusCode": 500}}},
        ("arn", "listenerId"),
    ),
    ("ListenerRule", _rule, {"priority": 2}, ("arn",)),
    ("AuthPolicy", _policy, {"policy": "{}"}, ("state",)),
    ("AccessLogSubscription", _log, _MORE_TAGS, ("arn",)),
)
CASES = tuple(
    Case(resource_type=_token(kind), inputs=inputs, change=change, outputs=outputs, survives=True)
    for kind, inputs, change, outputs in _CASES
)
