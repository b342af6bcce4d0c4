"""Who can reach whom inside the VPC, and what leaves it by which way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeAlias

import pytest

from components.addressing import plan
from tests.components.conftest import STACKS
from tests.support.configuration import stack_config
from tests.support.harness import Built, Resource
from tests.support.relations import PROXY

Path: TypeAlias = tuple[str, str, float]
REGIONS = ("eu-west-1", "us-east-1")
MESH = "aws:vpclattice/serviceNetwork:ServiceNetwork"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
ENDPOINTS = ("platform-endpoints", 443)
PATHS = {
    ("api-link", "inventory-balancer", 80),
    ("inventory-balancer", "inventory-tasks", 8080),
    ("payments-migration", "payments-database", 5432),
}
DIRECT = {("payments-functions", "payments-database", 5432)}
PROXIED = {
    ("payments-functions", "payments-proxy", 5432),
    ("payments-proxy", "payments-database", 5432),
}
WITHOUT_MESH = {("orders-http", "inventory-tasks", 8080)}
INTO_MESH = {("orders-http", "lattice", 443)}
OUT_OF_MESH = {("orders-http", "mesh-entry", 443), ("lattice", "inventory-balancer", 80)}
"""Lattice has addresses of its own: what leaves a group for them enters by another's."""
PATHS_TO_ENDPOINTS: Mapping[str, set[Path]] = {
    "dev": {("inventory-tasks", *ENDPOINTS)},
    "prod": {
        ("inventory-tasks", *ENDPOINTS),
        ("payments-functions", *ENDPOINTS),
        ("payments-migration", *ENDPOINTS),
        ("payments-provider", *ENDPOINTS),
    },
    "local": set(),
}
BY_GATEWAY = {
    ("inventory-tasks", "dynamodb", 443),
    ("inventory-tasks", "s3", 443),
    ("orders-http", "dynamodb", 443),
}
CALLERS = ("inventory-tasks", "orders-http", "payments-functions", "payments-migration")
TO_THE_INTERNET = {
    "dev": {(group, "cidrIpv6", "::/0") for group in CALLERS},
    "prod": {("payments-provider", "cidrIpv4", "0.0.0.0/0")},
    "local": {(group, "cidrIpv4", "0.0.0.0/0") for group in CALLERS},
}
DESCRIPTION = r"[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}"
"""What EC2 takes as the description of a group or rule."""
TARGETS = {"cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"}


def labels(built: Built) -> dict[str, str]:
    """`<service>-<role>` of each group, by its id, and the addresses of Lattice."""
    lattice = {f"pl-com.amazonaws.{region}.vpc-lattice": "lattice" for region in REGIONS}
    gateways = {f"pl-network-endpoints-{service}-id": service for service in ("dynamodb", "s3")}
    return {**lattice, **gateways} | {
        f"securityGroup-{group.inputs['name']}": group.name.removeprefix("network-").removesuffix(
            "-group"
        )
        for group in built.of_type(GROUP)
    }


def path(rule: Resource, source: str, target: str, known: dict[str, str]) -> Path:
    said = rule.inputs
    assert said["ipProtocol"] == "tcp", rule.name
    assert said["fromPort"] == said["toPort"], rule.name
    return known[said[source]], known[said[target]], said["fromPort"]


def paths(built: Built) -> tuple[list[Path], list[Path]]:
    """Who may go where, and who may come from where."""
    known = labels(built)
    out = [
        path(rule, "securityGroupId", other_end(rule), known)
        for rule in built.of_type(EGRESS)
        if not {"cidrIpv4", "cidrIpv6"} & rule.inputs.keys()
    ]
    into = [
        path(rule, other_end(rule), "securityGroupId", known) for rule in built.of_type(INGRESS)
    ]
    return sorted(out), sorted(into)


def other_end(rule: Resource) -> str:
    (found,) = {"referencedSecurityGroupId", "prefixListId"} & set(rule.inputs)
    return found


@pytest.mark.parametrize("stack", STACKS)
def test_both_ends_of_every_path_are_open_and_no_other(
    stacks: Mapping[str, Built], stack: str
) -> None:
    built = stacks[stack]
    every = PATHS | (PROXIED if built.of_type(PROXY) else DIRECT) | PATHS_TO_ENDPOINTS[stack]
    meshed = bool(built.of_type(MESH))

    out, into = paths(built)

    assert out == sorted(every | BY_GATEWAY | (INTO_MESH if meshed else WITHOUT_MESH))
    assert into == sorted(every | (OUT_OF_MESH if meshed else WITHOUT_MESH))


def test_a_rule_has_exactly_one_target(shop: Built) -> None:
    for rule in (*shop.of_type(EGRESS), *shop.of_type(INGRESS)):
        assert len(TARGETS & rule.inputs.keys()) == 1, rule.name


@pytest.mark.parametrize("stack", STACKS)
def test_https_alone_leaves_the_vpc_from_these_groups_alone(
    stacks: Mapping[str, Built], stack: str
) -> None:
    built = stacks[stack]
    known = labels(built)
    found = [rule for rule in built.of_type(EGRESS) if {"cidrIpv4", "cidrIpv6"} & set(rule.inputs)]
    open_rules = [rule.inputs for rule in found]

    assert {
        (known[rule["securityGroupId"]], kind, rule[kind])
        for rule in open_rules
        for kind in ("cidrIpv4", "cidrIpv6")
        if kind in rule
    } == TO_THE_INTERNET[stack]
    assert len(open_rules) == len(TO_THE_INTERNET[stack])
    for rule in open_rules:
        assert (rule["ipProtocol"], rule["fromPort"], rule["toPort"]) == ("tcp", 443, 443)


def test_nothing_comes_in_from_addresses_that_nobody_keeps(shop: Built) -> None:
    for rule in shop.of_type(INGRESS):
        assert not {"cidrIpv4", "cidrIpv6"} & rule.inputs.keys(), rule.name


def test_every_group_and_rule_says_what_it_is_for_as_ec2_takes_it(shop: Built) -> None:
    for resource in shop:
        if resource.type in (GROUP, EGRESS, INGRESS):
            assert re.fullmatch(DESCRIPTION, resource.inputs["description"]), resource.name


def test_groups_hold_no_rules_of_their_own_and_are_in_the_vpc(shop: Built) -> None:
    for group in shop.of_type(GROUP):
        assert not {"ingress", "egress"} & set(group.inputs), group.name
        assert group.inputs["vpcId"] == shop.named("network-vpc").outputs["vpcId"]


def test_the_group_that_comes_with_the_vpc_lets_nothing_pass(shop: Built) -> None:
    default = shop.named("network-default")

    assert default.type == "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
    assert default.inputs["vpcId"] == shop.named("network-vpc").outputs["vpcId"]
    assert (default.inputs["ingress"], default.inputs["egress"]) == ([], [])


def test_only_what_needs_the_vpc_is_in_it(shop: Built) -> None:
    inside = {
        function.name
        for function in shop.of_type("aws:lambda/function:Function")
        if "vpcConfig" in function.inputs
    }

    assert inside == {
        "orders-http-function",
        *(f"payments-{role}-function" for role in ("http", "events", "sweep", "migrate")),
    }


@pytest.mark.parametrize("stack", STACKS)
def test_the_vpc_is_laid_out_as_configured(stacks: Mapping[str, Built], stack: str) -> None:
    config = stack_config(stack)
    vpc = stacks[stack].named("network-vpc").inputs
    assert vpc["cidrBlock"] == config["network:cidr_block"]
    assert vpc["numberOfAvailabilityZones"] == int(config["network:zones_count"])
    assert vpc["natGateways"] == {"strategy": config["network:nat_strategy"]}
    blocks = plan(config["network:cidr_block"], int(config["network:zones_count"]))
    assert vpc["subnetStrategy"] == "Auto"
    public, private = vpc["subnetSpecs"]
    assert (public["type"], public["cidrBlocks"]) == ("Public", list(blocks.public))
    assert (private["type"], private["cidrBlocks"]) == ("Private", list(blocks.private))
    assert vpc["enableDnsHostnames"] is True
    assert vpc["enableDnsSupport"] is True
