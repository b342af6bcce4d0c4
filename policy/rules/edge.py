"""The edge: who may come in, how often, and what is written down of it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from policy.reading import Reader, WrongTypeError
from policy.rule import ALWAYS, CRITICAL, DOCS, HIGH, MEDIUM, Case, rule

_GUIDE = f"{DOCS}apigateway/latest/developerguide/"
_ROUTE = "aws:apigatewayv2/route:Route"
_STAGE = "aws:apigatewayv2/stage:Stage"
_GROUP = "aws:ec2/securityGroup:SecurityGroup"
_DEFAULT_GROUP = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
_GROUP_RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"
_INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
_ALL_PROTOCOLS = ("-1", "all")


@rule(
    _ROUTE,
    severity=HIGH,
    levels=ALWAYS,
    remedy="Set authorizationType and an authorizer, or exempt the route with a reason.",
    reference=f"{_GUIDE}http-api-access-control.html",
    unauthorized=("$disconnect", "$default"),
)
def route_authorizer(case: Case) -> Iterator[str]:
    """Who calls a route has been asked who they are."""
    if case.props.text("routeKey") in case.settings["unauthorized"]:
        return
    kind = case.props.text("authorizationType")
    if kind not in ("JWT", "AWS_IAM", "CUSTOM"):
        yield f"authorizationType is {kind}"
    elif kind != "AWS_IAM" and not case.props.text("authorizerId"):
        yield f"authorizerId is {case.props.text('authorizerId')}"


@rule(
    _STAGE,
    severity=MEDIUM,
    levels=ALWAYS,
    remedy="Set accessLogSettings.destinationArn to a log group.",
    reference=f"{_GUIDE}http-api-logging.html",
)
def stage_access_log(case: Case) -> Iterator[str]:
    """Every request leaves a line."""
    destination = case.props.text("accessLogSettings.destinationArn")
    if not destination:
        yield f"accessLogSettings.destinationArn is {destination}"


@rule(
    _STAGE,
    severity=MEDIUM,
    levels=ALWAYS,
    remedy="Set throttlingRateLimit and throttlingBurstLimit of defaultRouteSettings.",
    reference=f"{_GUIDE}http-api-throttling.html",
)
def stage_throttle(case: Case) -> Iterator[str]:
    """One caller cannot use up what the account may serve."""
    for name in ("throttlingRateLimit", "throttlingBurstLimit"):
        limit = case.props.number(f"defaultRouteSettings.{name}")
        if not limit:
            yield f"defaultRouteSettings.{name} is {limit}"


@rule(
    _GROUP,
    _DEFAULT_GROUP,
    _GROUP_RULE,
    _INGRESS,
    severity=CRITICAL,
    levels=ALWAYS,
    remedy="Name the security group or the addresses that may come in.",
    reference=f"{DOCS}vpc/latest/userguide/vpc-security-groups.html",
    ports=(443,),
    ipv4_prefix=8,
    ipv6_prefix=16,
)
def no_open_ingress(case: Case) -> Iterator[str]:
    """The internet, or much of it (prefixes up to these lengths), reaches port 443 alone."""
    kind = case.resource.type
    if kind in (_GROUP, _DEFAULT_GROUP):
        entries = case.props.parts("ingress")
    elif kind == _GROUP_RULE and case.props.text("type") != "ingress":
        entries = []
    else:
        entries = [case.props]
    widest = {4: case.settings["ipv4_prefix"], 6: case.settings["ipv6_prefix"]}
    for entry in entries:
        sources = [
            str(source) for source in _networks(entry) if source.prefixlen <= widest[source.version]
        ]
        first, last = entry.number("fromPort"), entry.number("toPort")
        one_port = first == last and first in case.settings["ports"]
        if sources and (_all_protocols(entry) or not one_port):
            yield f"{_opened(entry)} open to {', '.join(sources)}"


def _networks(entry: Reader) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    single = [entry.text(name) or "" for name in ("cidrIpv4", "cidrIpv6")]
    listed = entry.texts("cidrBlocks") + entry.texts("ipv6CidrBlocks")
    return [_network(address) for address in [*filter(None, single), *listed]]


def _network(address: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(address, strict=False)
    except ValueError as error:
        raise WrongTypeError(f"{address!r} is no range of addresses: {error}") from error


def _all_protocols(entry: Reader) -> bool:
    named = (entry.text("protocol"), entry.text("ipProtocol"))
    return any((name or "").lower() in _ALL_PROTOCOLS for name in named)


def _opened(entry: Reader) -> str:
    if _all_protocols(entry):
        return "all ports and protocols are"
    first, last = entry.number("fromPort"), entry.number("toPort")
    return f"ports {first} to {last} are"
