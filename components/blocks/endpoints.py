"""VPC endpoints: how AWS's own APIs are reached without leaving AWS's network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.blocks.security_group import HTTPS, SecurityGroup
from components.naming import Scope


@dataclass(frozen=True, kw_only=True)
class AwsApi:
    """An AWS API that something in the VPC calls."""

    name: str
    """as in `com.amazonaws.<region>.<name>`"""
    actions: tuple[str, ...]
    """what may pass an endpoint of it"""
    ours_alone: bool = True
    """whether all that is acted on belongs to the environment's own account"""
    gateway: bool = False
    """whether it has a gateway endpoint: free, in the route tables, IPv4"""
    ipv6: bool = True
    """whether its callers can be told to call it over IPv6"""

    @property
    def label(self) -> str:
        """How logical names and rules call it."""
        return self.name.replace(".", "-")


_PULL = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:GetAuthorizationToken",
    "ecr:GetDownloadUrlForLayer",
)
S3 = AwsApi(name="s3", actions=("s3:*",), gateway=True)
DYNAMODB = AwsApi(name="dynamodb", actions=("dynamodb:*",), gateway=True)
SQS = AwsApi(name="sqs", actions=("sqs:*",))
SNS = AwsApi(name="sns", actions=("sns:Publish",))
SECRETS_MANAGER = AwsApi(name="secretsmanager", actions=("secretsmanager:GetSecretValue",))
CLOUD_MAP = AwsApi(
    name="data-servicediscovery",
    actions=("servicediscovery:DiscoverInstances",),
    ours_alone=False,
)
LOGS = AwsApi(
    name="logs",
    actions=(
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:DescribeLogStreams",
        "logs:PutLogEvents",
    ),
    ipv6=False,
)
ECR_API = AwsApi(name="ecr.api", actions=_PULL, ours_alone=False, ipv6=False)
ECR_DKR = AwsApi(name="ecr.dkr", actions=_PULL, ours_alone=False, ipv6=False)
FARGATE = (S3, LOGS, ECR_API, ECR_DKR)
"""What Fargate itself calls through a task's interface, to pull its image and to write its logs.

It does so over IPv4 unless a subnet has IPv6 alone (aws/containers-roadmap issue 2641). Images may
be another account's, and their layers lie in a bucket of ECR's.
"""


@dataclass(frozen=True, kw_only=True)
class EndpointsArgs:
    """Arguments of `Endpoints`."""

    scope: Scope
    """names and tags"""
    region: str
    """AWS region"""
    account_id: pulumi.Input[str]
    """the account whose identities alone may use the endpoints"""
    vpc_id: pulumi.Input[str]
    """where they stand"""
    route_table_ids: pulumi.Input[Sequence[str]]
    """the tables that lead to gateway endpoints"""
    subnet_ids: pulumi.Input[Sequence[str]]
    """where interface endpoints have an address: one subnet in each zone that pays for one"""
    create_group: Callable[[], SecurityGroup]
    """makes the group of the interface endpoints, when there is one"""


class Endpoints(pulumi.ComponentResource):
    """Gateway endpoints always; an interface endpoint for each API that somebody is admitted to."""

    def __init__(
        self, name: str, args: EndpointsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("storefront:blocks:Endpoints", name, {}, opts)
        self._name = name
        self._args = args
        self._group: SecurityGroup | None = None
        self._interfaces: dict[AwsApi, aws.ec2.VpcEndpoint] = {}
        self._admitted: set[SecurityGroup] = set()
        self.gateways = {api: self._create_gateway(api) for api in (S3, DYNAMODB)}
        self.register_outputs({})

    def admit(self, group: SecurityGroup, apis: Sequence[AwsApi]) -> None:
        """Let members of `group` call `apis`, each through its endpoint."""
        for api in apis:
            if api.gateway:
                group.allow_to_list(self.gateways[api].prefix_list_id, HTTPS, api.label)
        inside = [api for api in apis if not api.gateway]
        if not inside:
            return
        self._group = self._group or self._args.create_group()
        for api in inside:
            if api not in self._interfaces:
                self._interfaces[api] = self._create_interface(api, self._group)
        if group not in self._admitted:
            self._admitted.add(group)
            group.allow_to(self._group, HTTPS)

    def _create_gateway(self, api: AwsApi) -> aws.ec2.VpcEndpoint:
        return aws.ec2.VpcEndpoint(
            f"{self._name}-{api.label}",
            vpc_id=self._args.vpc_id,
            service_name=self._service(api),
            vpc_endpoint_type="Gateway",
            route_table_ids=self._args.route_table_ids,
            policy=self._policy(api),
            tags=self._args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _create_interface(self, api: AwsApi, group: SecurityGroup) -> aws.ec2.VpcEndpoint:
        return aws.ec2.VpcEndpoint(
            f"{self._name}-{api.label}",
            vpc_id=self._args.vpc_id,
            service_name=self._service(api),
            vpc_endpoint_type="Interface",
            subnet_ids=self._args.subnet_ids,
            security_group_ids=[group.group_id],
            private_dns_enabled=True,
            policy=self._policy(api),
            tags=self._args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _service(self, api: AwsApi) -> str:
        return f"com.amazonaws.{self._args.region}.{api.name}"

    def _policy(self, api: AwsApi) -> pulumi.Output[str]:
        """Nobody else's identities pass, and nobody else's things are reached."""
        account = {"aws:PrincipalAccount": self._args.account_id}
        if api.ours_alone:
            account["aws:ResourceAccount"] = self._args.account_id
        statements: list[dict[str, object]] = [
            {
                "Sid": "OwnAccount",
                "Effect": "Allow",
                "Principal": "*",
                "Action": list(api.actions),
                "Resource": "*",
                "Condition": {"StringEquals": account},
            }
        ]
        if api is S3:
            statements.append(self._image_layers())
        return pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": statements})

    def _image_layers(self) -> dict[str, object]:
        """Layers are read by links that ECR has signed: no identity of ours is seen."""
        bucket = f"prod-{self._args.region}-starport-layer-bucket"
        return {
            "Sid": "ImageLayers",
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{bucket}/*",
        }
