"""Security groups: who may open connections to whom inside the VPC, and out of it."""

from __future__ import annotations

from enum import Enum

import pulumi
import pulumi_aws as aws

from components.naming import Scope

HTTPS = 443


class Internet(Enum):
    """All addresses of one kind; the value is what a rule's name ends in."""

    IPV4 = "https-out"
    IPV6 = "https-out-ipv6"


class SecurityGroup(pulumi.ComponentResource):
    """A group whose rules name other groups or AWS's own prefix lists; see `allow_internet`."""

    group_id: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        *,
        scope: Scope,
        role: str,
        description: str,
        vpc_id: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("storefront:blocks:SecurityGroup", name, {}, opts)
        self._name = name
        self._scope = scope
        self._role = role
        self._internet: set[Internet] = set()
        self.group = aws.ec2.SecurityGroup(
            f"{name}-group",
            name=scope.physical("security_group", role),
            description=description,
            vpc_id=vpc_id,
            tags=scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.group_id = self.group.id
        self.register_outputs({"group_id": self.group_id})

    @property
    def label(self) -> str:
        """`<service>-<role>`: how rules name this group."""
        return f"{self._scope.service}-{self._role}"

    def allow_to(self, other: SecurityGroup, port: int) -> None:
        """Let members of this group open TCP connections to `port` of members of `other`."""
        self._create_egress(
            f"to-{other.label}-{port}",
            port,
            f"{self.label} to {other.label}",
            referenced_security_group_id=other.group_id,
        )
        other.allow_from(self, port)

    def allow_from(self, other: SecurityGroup, port: int) -> None:
        """Let in members of `other` that are led here by addresses which are not this group's."""
        self._create_ingress(
            f"from-{other.label}-{port}",
            port,
            f"{other.label} to {self.label}",
            referenced_security_group_id=other.group_id,
        )

    def allow_from_list(self, prefix_list_id: pulumi.Input[str], port: int, owner: str) -> None:
        """Let in what comes from the addresses of `owner`, which AWS keeps in a prefix list."""
        self._create_ingress(
            f"from-{owner}-{port}", port, f"{owner} to {self.label}", prefix_list_id=prefix_list_id
        )

    def allow_to_list(self, prefix_list_id: pulumi.Input[str], port: int, owner: str) -> None:
        """Let members of this group reach the addresses of `owner`, which AWS keeps in a list."""
        self._create_egress(
            f"to-{owner}-{port}", port, f"{self.label} to {owner}", prefix_list_id=prefix_list_id
        )

    def allow_internet(self, internet: Internet, description: str) -> None:
        """Let members of this group open HTTPS connections to any address; once, if asked twice."""
        if internet in self._internet:
            return
        self._internet.add(internet)
        if internet is Internet.IPV4:
            self._create_egress(internet.value, HTTPS, description, cidr_ipv4="0.0.0.0/0")
        else:
            self._create_egress(internet.value, HTTPS, description, cidr_ipv6="::/0")

    def _create_egress(
        self, name: str, port: int, description: str, **target: pulumi.Input[str]
    ) -> None:
        aws.vpc.SecurityGroupEgressRule(
            f"{self._name}-{name}",
            security_group_id=self.group_id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            description=description,
            tags=self._scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
            **target,
        )

    def _create_ingress(
        self, name: str, port: int, description: str, **source: pulumi.Input[str]
    ) -> None:
        aws.vpc.SecurityGroupIngressRule(
            f"{self._name}-{name}",
            security_group_id=self.group_id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            description=description,
            tags=self._scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
            **source,
        )
