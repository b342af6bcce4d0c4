"""Who can reach whom inside the VPC."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeAlias

from components.addressing import plan
from tests.support.configuration import stack_config
from tests.support.harness import Built, Resource
from tests.support.relations import PROXY

Path: TypeAlias = tuple[str, str, float]
REGIONS = ("eu-west-1", "us-east-1")
MESH = "aws:vpclattice/serviceNetwork:ServiceNetwork"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
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
TO_THE_INTERNET = {"inventory-tasks", "orders-http", "payments-functions", "payments-migration"}
DESCRIPTION = r"[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}"
"""What EC2 takes as the description of a group or rule."""


def labels(built: Built) -> dict[str, str]:
    """`<service>-<role>` of each group, by its id, and the addresses of Lattice."""
    lattice = {f"pl-com.amazonaws.{region}.vpc-lattice": "lattice" for region in REGIONS}
    return lattice | {
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
        if "cidrIpv4" not in rule.inputs
    ]
    into = [
        path(rule, other_end(rule), "securityGroupId", known) for rule in built.of_type(INGRESS)
    ]
    return sorted(out), sorted(into)


def other_end(rule: Resource) -> str:
    (found,) = {"referencedSecurityGroupId", "prefixListId"} & set(rule.inputs)
    return found


def test_both_ends_of_every_path_are_open_and_no_other(shop: Built) -> None:
    every = PATHS | (PROXIED if shop.of_type(PROXY) else DIRECT)
    meshed = bool(shop.of_type(MESH))

    out, into = paths(shop)

    assert out == sorted(every | (INTO_MESH if meshed else WITHOUT_MESH))
    assert into == sorted(every | (OUT_OF_MESH if meshed else WITHOUT_MESH))


def test_only_https_leaves_the_vpc_and_nothing_comes_in_from_outside(shop: Built) -> None:
    known = labels(shop)
    outward = [rule.inputs for rule in shop.of_type(EGRESS) if "cidrIpv4" in rule.inputs]

    assert {known[rule["securityGroupId"]] for rule in outward} == TO_THE_INTERNET
    assert len(outward) == len(TO_THE_INTERNET)
    for rule in outward:
        ports = (rule["ipProtocol"], rule["fromPort"], rule["toPort"])
        assert (rule["cidrIpv4"], *ports) == ("0.0.0.0/0", "tcp", 443, 443)
    for resource in shop.of_type(INGRESS):
        assert not [key for key in resource.inputs if key.startswith("cidr")], resource.name


def test_every_group_and_rule_says_what_it_is_for_as_ec2_takes_it(shop: Built) -> None:
    for resource in shop:
        if resource.type in (GROUP, EGRESS, INGRESS):
            assert re.fullmatch(DESCRIPTION, resource.inputs["description"]), resource.name


def test_groups_hold_no_rules_of_their_own_and_are_in_the_vpc(shop: Built) -> None:
    for group in shop.of_type(GROUP):
        assert not {"ingress", "egress"} & set(group.inputs), group.name
        assert group.inputs["vpcId"] == shop.named("network-vpc").outputs["vpcId"]


def test_the_vpc_is_laid_out_as_configured(stacks: Mapping[str, Built]) -> None:
    for stack, built in stacks.items():
        config = stack_config(stack)
        vpc = built.named("network-vpc").inputs
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
