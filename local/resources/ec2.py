"""EC2 networking: security groups and their rules, VPC endpoints."""

from __future__ import annotations

from typing import Any, Final

from botocore import xform_name

from local.resources.base import Cloud, Properties
from local.resources.lifecycle import Lifecycle, physical_name
from local.resources.shapes import Api, picked

_KINDS: Final = {
    "eigw": "egress-only-internet-gateway",
    "eipalloc": "elastic-ip",
    "fl": "vpc-flow-log",
    "igw": "internet-gateway",
    "rtb": "route-table",
    "sg": "security-group",
    "sgr": "security-group-rule",
    "subnet": "subnet",
    "vpc": "vpc",
    "vpce": "vpc-endpoint",
}
"""What an id's first part says, as ARNs call it."""


class SecurityGroup(Lifecycle):
    """A security group; its id is the group id. As with Pulumi, it starts without any rule."""

    handles = "aws:ec2/securityGroup:SecurityGroup"
    replace_on = frozenset({"description", "name", "namePrefix", "vpcId"})
    tags_by = "id"
    api = Api(
        "ec2",
        renamed={"name": "GroupName"},
        provider_only=frozenset({"egress", "ingress", "namePrefix", "revokeRulesOnDelete", "tags"}),
    )

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        described = {"description": "Managed by Pulumi", **inputs}
        named = {**described, "name": physical_name(name, inputs)}
        more = tagged("security-group", inputs)
        return str(self.api.call(cloud, "CreateSecurityGroup", named, **more)["GroupId"])

    def complete(self, cloud: Cloud, id: str, inputs: Properties) -> None:
        """See `Lifecycle.complete`."""
        self._replace_rules(cloud, id, "egress", inputs)
        self._replace_rules(cloud, id, "ingress", inputs)

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties:
        """See `Lifecycle.observe`."""
        found = cloud.client("ec2").describe_security_groups(GroupIds=[id])["SecurityGroups"][0]
        return {
            "name": found["GroupName"],
            "description": found["Description"],
            "vpcId": found["VpcId"],
            "ownerId": found["OwnerId"],
            "arn": arn_of(cloud, id),
        }

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        for direction in ("egress", "ingress"):
            if inputs.get(direction) != state.get(direction):
                self._replace_rules(cloud, id, direction, inputs)

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("ec2").delete_security_group(GroupId=id)

    def _replace_rules(self, cloud: Cloud, id: str, direction: str, inputs: Properties) -> None:
        client = cloud.client("ec2")
        group = client.describe_security_groups(GroupIds=[id])["SecurityGroups"][0]
        suffix = "Egress" if direction == "egress" else ""
        stale = group[f"IpPermissions{suffix}"]
        if stale:
            revoke = getattr(client, f"revoke_security_group_{direction}")
            revoke(GroupId=id, IpPermissions=stale)
        fresh = [_permission(id, rule) for rule in inputs.get(direction) or []]
        if fresh:
            authorize = getattr(client, f"authorize_security_group_{direction}")
            authorize(GroupId=id, IpPermissions=fresh)


class DefaultSecurityGroup(SecurityGroup):
    """The group that comes with a VPC, whose rules become those of the inputs: none at all.

    It is neither created nor deleted: AWS makes it with its VPC, and lets it go with it.
    """

    handles = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
    replace_on = frozenset({"vpcId"})

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        filters = [
            {"Name": "vpc-id", "Values": [inputs["vpcId"]]},
            {"Name": "group-name", "Values": ["default"]},
        ]
        groups = cloud.client("ec2").describe_security_groups(Filters=filters)["SecurityGroups"]
        return str(groups[0]["GroupId"])

    def complete(self, cloud: Cloud, id: str, inputs: Properties) -> None:
        """See `Lifecycle.complete`."""
        super().complete(cloud, id, inputs)
        self.retag(cloud, id, {}, inputs.get("tags") or {})

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """Nothing to delete."""


class _Rule(Lifecycle):
    """One rule of a security group; its id is the rule's id."""

    replace_on = frozenset({"securityGroupId"})
    tags_by = "id"
    api = Api(
        "ec2",
        renamed={"securityGroupRule.referencedSecurityGroupId": "ReferencedGroupId"},
        provider_only=frozenset({"securityGroupId", "tags"}),
    )
    direction: str

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        operation = f"AuthorizeSecurityGroup{self.direction}"
        authorize = getattr(cloud.client("ec2"), xform_name(operation))
        answer = authorize(
            GroupId=inputs["securityGroupId"],
            IpPermissions=[_single_permission(inputs)],
            **tagged("security-group-rule", inputs),
        )
        return str(answer["SecurityGroupRules"][0]["SecurityGroupRuleId"])

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties | None:
        """See `Lifecycle.observe`."""
        answer = cloud.client("ec2").describe_security_group_rules(SecurityGroupRuleIds=[id])
        if not answer["SecurityGroupRules"]:
            return None
        found = answer["SecurityGroupRules"][0]
        arn = arn_of(cloud, id)
        return {**self.api.reflect(state, found), "arn": arn, "securityGroupRuleId": id}

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        kept = {key: value for key, value in inputs.items() if key not in self.api.provider_only}
        change = {"securityGroupRuleId": id, "securityGroupRule": kept}
        rule = self.api.member(cloud, "ModifySecurityGroupRules", "SecurityGroupRules", change)
        cloud.client("ec2").modify_security_group_rules(
            GroupId=state["securityGroupId"], SecurityGroupRules=rule
        )

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        operation = f"RevokeSecurityGroup{self.direction}"
        revoke = getattr(cloud.client("ec2"), xform_name(operation))
        revoke(GroupId=state["securityGroupId"], SecurityGroupRuleIds=[id])


class IngressRule(_Rule):
    """Who may open connections to a group's members."""

    handles = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
    direction = "Ingress"


class EgressRule(_Rule):
    """Where a group's members may open connections to."""

    handles = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
    direction = "Egress"


class VpcEndpoint(Lifecycle):
    """A VPC endpoint; its id is the endpoint id."""

    handles = "aws:ec2/vpcEndpoint:VpcEndpoint"
    replace_on = frozenset({"vpcId", "serviceName", "vpcEndpointType"})
    tags_by = "id"
    api = Api(
        "ec2", renamed={"policy": "PolicyDocument"}, provider_only=frozenset({"autoAccept", "tags"})
    )

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        more = tagged("vpc-endpoint", inputs)
        answer = self.api.call(cloud, "CreateVpcEndpoint", inputs, **more)
        return str(answer["VpcEndpoint"]["VpcEndpointId"])

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties | None:
        """See `Lifecycle.observe`; the emulator keeps no security groups of an endpoint."""
        answer = cloud.client("ec2").describe_vpc_endpoints(VpcEndpointIds=[id])
        found = answer["VpcEndpoints"]
        if not found:
            return None
        kept = ("securityGroupIds", "privateDnsEnabled", "policy")
        held = {key: value for key, value in state.items() if key not in kept}
        names = {"state": "State", "ownerId": "OwnerId", "vpcEndpointType": "VpcEndpointType"}
        return {
            **self.api.reflect(held, found[0]),
            **picked(found[0], names),
            "arn": arn_of(cloud, id),
            "prefixListId": f"pl-{id.removeprefix('vpce-')[:8]}",
        }

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        request: Properties = self._flat(cloud, state, inputs)
        for key, member in (
            ("routeTableIds", "RouteTableIds"),
            ("subnetIds", "SubnetIds"),
            ("securityGroupIds", "SecurityGroupIds"),
        ):
            old, new = set(state.get(key) or []), set(inputs.get(key) or [])
            changes = {f"Add{member}": sorted(new - old), f"Remove{member}": sorted(old - new)}
            request |= {name: ids for name, ids in changes.items() if ids}
        if request:
            cloud.client("ec2").modify_vpc_endpoint(VpcEndpointId=id, **request)

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        cloud.client("ec2").delete_vpc_endpoints(VpcEndpointIds=[id])

    def _flat(self, cloud: Cloud, state: Properties, inputs: Properties) -> Properties:
        keys = ("dnsOptions", "ipAddressType", "policy", "privateDnsEnabled")
        changed = {
            key: inputs[key] for key in keys if key in inputs and inputs[key] != state.get(key)
        }
        return self.api.request(cloud, "ModifyVpcEndpoint", changed)


def arn_of(cloud: Cloud, id: str) -> str:
    """The ARN of the EC2 resource with this id."""
    kind = _KINDS[id.partition("-")[0]]
    return f"arn:aws:ec2:{cloud.region}:{cloud.account_id}:{kind}/{id}"


def tagged(kind: str, inputs: Properties) -> dict[str, Any]:
    """The tags of a new EC2 resource of `kind`, e.g. `subnet`, as a request's member."""
    tags = [{"Key": key, "Value": value} for key, value in (inputs.get("tags") or {}).items()]
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": tags}]} if tags else {}


def _ports(rule: Properties) -> dict[str, Any]:
    ports = {"FromPort": rule.get("fromPort"), "ToPort": rule.get("toPort")}
    return {member: int(port) for member, port in ports.items() if port is not None}


def _permission(group: str, rule: Properties) -> dict[str, Any]:
    """A rule of a group's own list: many sources at once, perhaps the group itself."""
    groups = [*(rule.get("securityGroups") or []), *([group] if rule.get("self") else [])]
    text = {"Description": rule["description"]} if rule.get("description") else {}
    sources = {
        "IpRanges": [{"CidrIp": block, **text} for block in rule.get("cidrBlocks") or []],
        "Ipv6Ranges": [{"CidrIpv6": block, **text} for block in rule.get("ipv6CidrBlocks") or []],
        "PrefixListIds": [{"PrefixListId": id, **text} for id in rule.get("prefixListIds") or []],
        "UserIdGroupPairs": [{"GroupId": id, **text} for id in groups],
    }
    given = {member: values for member, values in sources.items() if values}
    return {"IpProtocol": str(rule["protocol"]), **_ports(rule), **given}


def _single_permission(rule: Properties) -> dict[str, Any]:
    """A rule that is a resource of its own: exactly one source."""
    text = {"Description": rule["description"]} if rule.get("description") else {}
    sources = {
        "cidrIpv4": ("IpRanges", "CidrIp"),
        "cidrIpv6": ("Ipv6Ranges", "CidrIpv6"),
        "prefixListId": ("PrefixListIds", "PrefixListId"),
        "referencedSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
    }
    given = {
        member: [{key: rule[source], **text}]
        for source, (member, key) in sources.items()
        if rule.get(source)
    }
    return {"IpProtocol": str(rule["ipProtocol"]), **_ports(rule), **given}


HANDLERS = (SecurityGroup(), DefaultSecurityGroup(), IngressRule(), EgressRule(), VpcEndpoint())
