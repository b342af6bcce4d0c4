"""VPC Lattice: the mesh of an environment, in which who asks is known by its role."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.blocks.keys import Key, arn_of
from components.blocks.load_balancer import LISTENER_PORT
from components.blocks.network import Network, SecurityGroup
from components.blocks.security_group import HTTPS
from components.naming import Scope, account_of, partition_of

INVOKE = "vpc-lattice-svcs:Invoke"
SIGNED_ONLY = "AWS_IAM"


@dataclass(frozen=True, kw_only=True)
class ServiceNetworkArgs:
    """Arguments of `ServiceNetwork`."""

    scope: Scope
    """names and tags"""
    network: Network
    """the VPC whose members may ask"""
    region: str
    """whose addresses of Lattice are let through"""
    log_retention_days: int
    """days that access logs are kept"""
    log_key: Key | None = None
    """encrypts access logs"""


class ServiceNetwork(pulumi.ComponentResource):
    """The mesh of one environment: open to its own account, from its own VPC, signed."""

    network_id: pulumi.Output[str]
    vpc_id: pulumi.Output[str]

    def __init__(
        self, name: str, args: ServiceNetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("storefront:blocks:ServiceNetwork", name, {}, opts)
        self._name = name
        self._args = args
        self.service_network = self._create_network()
        self.network_id = self.service_network.id
        self.vpc_id = args.network.vpc_id
        self.entry = args.network.security_group(
            args.scope, "entry", "The way into the mesh from inside the VPC"
        )
        self._addresses = self._find_addresses("")
        self._create_association()
        self._create_policy()
        self._create_access_logs()
        self.register_outputs({"network_id": self.network_id})

    def admit(self, group: SecurityGroup) -> None:
        """Let members of `group` send requests into the mesh."""
        service = self._args.scope.service
        group.allow_to_list(self._addresses, HTTPS, service)
        if self._args.network.dual_stack:
            group.allow_to_list(self._find_addresses("ipv6."), HTTPS, f"{service}-ipv6")
        self.entry.allow_from(group, HTTPS)

    def lead_to(self, group: SecurityGroup) -> None:
        """Let the mesh send requests to the load balancers in `group`."""
        group.allow_from_list(self._addresses, LISTENER_PORT, self._args.scope.service)

    def _create_network(self) -> aws.vpclattice.ServiceNetwork:
        return aws.vpclattice.ServiceNetwork(
            f"{self._name}-network",
            name=self._args.scope.physical("service_network"),
            auth_type=SIGNED_ONLY,
            tags=self._args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _find_addresses(self, kind: str) -> pulumi.Output[str]:
        """The prefix list that AWS keeps of the addresses Lattice uses in a region.

        `kind` is empty for IPv4, whose addresses alone it sends to load balancers from.
        """
        return aws.ec2.get_managed_prefix_list_output(
            name=f"com.amazonaws.{self._args.region}.{kind}vpc-lattice",
            opts=pulumi.InvokeOutputOptions(parent=self),
        ).id

    def _create_association(self) -> None:
        aws.vpclattice.ServiceNetworkVpcAssociation(
            f"{self._name}-vpc",
            service_network_identifier=self.network_id,
            vpc_identifier=self._args.network.vpc_id,
            security_group_ids=[self.entry.group_id],
            tags=self._args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_policy(self) -> None:
        arn = self.service_network.arn
        partition, account = arn.apply(partition_of), arn.apply(account_of)
        statement = {
            "Sid": "OwnAccountFromOwnVpc",
            "Effect": "Allow",
            "Principal": {
                "AWS": pulumi.Output.concat("arn:", partition, ":iam::", account, ":root")
            },
            "Action": INVOKE,
            "Resource": "*",
            "Condition": {
                "StringEquals": {"vpc-lattice-svcs:SourceVpc": self._args.network.vpc_id}
            },
        }
        create_auth_policy(self, f"{self._name}-policy", arn, statement)

    def _create_access_logs(self) -> None:
        logs = aws.cloudwatch.LogGroup(
            f"{self._name}-access-logs",
            name=f"/aws/vendedlogs/vpc-lattice/{self._args.scope.physical('service_network')}",
            retention_in_days=self._args.log_retention_days,
            kms_key_id=arn_of(self._args.log_key),
            tags=self._args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        aws.vpclattice.AccessLogSubscription(
            f"{self._name}-access-log",
            resource_identifier=self.service_network.arn,
            destination_arn=logs.arn,
            tags=self._args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )


def create_auth_policy(
    parent: pulumi.ComponentResource,
    name: str,
    resource_arn: pulumi.Input[str],
    statement: Mapping[str, object],
) -> None:
    """Let in whom the one statement allows, where signatures are asked for, and nobody else."""
    aws.vpclattice.AuthPolicy(
        name,
        resource_identifier=resource_arn,
        policy=pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": [statement]}),
        opts=pulumi.ResourceOptions(parent=parent),
    )
