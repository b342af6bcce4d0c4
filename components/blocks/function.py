"""A Lambda function with its own role, exact policy, log group and alarms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.blocks.alarms import NAMESPACE, AlarmSpec
from components.blocks.boundary import Boundary
from components.blocks.concurrency import Concurrency
from components.blocks.function_health import FunctionHealth
from components.blocks.grants import (
    WRITE_LOGS,
    Grant,
    Statement,
    component_inputs,
    merged_environment,
)
from components.blocks.keys import Key, arn_of
from components.blocks.roles import Role, RoleArgs, create_role
from components.blocks.slo import Indicator
from components.naming import Scope

_TRACING = Statement(
    sid="Trace",
    actions=("xray:PutTraceSegments", "xray:PutTelemetryRecords"),
    resources=("*",),
)
_NETWORK_INTERFACES = Statement(
    sid="NetworkInterfaces",
    actions=(
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
    ),
    resources=("*",),
)
"""Lambda's own list for functions in a VPC; most of these actions have no resource type."""


OVER_IPV6 = {"AWS_USE_DUALSTACK_ENDPOINT": "true"}
"""Makes AWS's SDKs call the names that have IPv6 addresses."""
ALIAS = "live"
"""What everybody calls: an alias of one published version."""


@dataclass(frozen=True, kw_only=True)
class FunctionDefaults:
    """What all functions of an environment share."""

    runtime: str
    architecture: str
    log_level: str
    log_retention_days: int
    boundary: Boundary
    log_key: Key | None = None


@dataclass(frozen=True, kw_only=True)
class FunctionNetwork:
    """The subnets and groups of a function that must reach into the VPC."""

    subnet_ids: pulumi.Input[Sequence[str]]
    security_group_ids: Sequence[pulumi.Input[str]]
    dual_stack: bool = False
    """whether the subnets have IPv6, by which AWS's APIs are called then"""


@dataclass(frozen=True, kw_only=True)
class Code:
    """A deployment package: path of a zip and the base64 SHA-256 of its bytes."""

    path: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class FunctionArgs:
    """Arguments of `Function`."""

    scope: Scope
    """names and tags"""
    role: str
    """what the function is to its service: http, events, sweep"""
    defaults: FunctionDefaults
    """runtime, architecture and logs"""
    code: Code
    """the deployment package"""
    handler: str
    """`<package>.<module>.<function>`"""
    memory_mb: int
    """128 to 10,240 MB"""
    timeout_seconds: int
    """1 to 900 s"""
    latency_alarm_ms: int
    """p99 duration that raises an alarm"""
    grants: Sequence[Grant] = ()
    """what the function may use"""
    environment: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """variables beyond those the grants bring"""
    network: FunctionNetwork | None = None
    """set for a function that reaches into the VPC"""
    after: Sequence[pulumi.Resource] = ()
    """what must be done before new code runs, such as a migration"""
    concurrency: Concurrency = field(default_factory=Concurrency)
    """how many instances may run"""
    key: Key | None = None
    """customer managed key of its variables; without one, AWS's own key for Lambda"""


class Function(pulumi.ComponentResource):
    """What runs, as whom, and where it logs; `policy` is all that its role may do.

    Callers use the alias: `arn` and `invoke_arn` are its, `qualifier` is its name. The program
    makes it for the first version; a release moves it on, and the program never again.
    """

    arn: pulumi.Output[str]
    name: pulumi.Output[str]
    invoke_arn: pulumi.Output[str]
    qualifier: pulumi.Output[str]
    version: pulumi.Output[str]
    """the newest that is published, which a release brings into service"""

    def __init__(
        self, name: str, args: FunctionArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        self._name = name
        self._args = args
        statements = [WRITE_LOGS, *self._statements()]
        super().__init__("storefront:blocks:Function", name, component_inputs(statements), opts)
        self.log_group = self._create_log_group()
        self.iam_role = self._create_role()
        self.policy = self.iam_role.policy
        self.function = self._create_function()
        self.alias = self._create_alias()
        self._provision()
        self.arn = self.alias.arn
        self.name = self.function.name
        self.invoke_arn = self.alias.invoke_arn
        self.qualifier = self.alias.name
        self.version = self.function.version
        self.register_outputs({"arn": self.arn, "name": self.name})

    def admit(
        self,
        name: str,
        principal: str,
        source_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Let one source of an AWS service invoke the function, by its alias."""
        aws.lambda_.Permission(
            name,
            action="lambda:InvokeFunction",
            function=self.name,
            qualifier=self.qualifier,
            principal=principal,
            source_arn=source_arn,
            opts=opts,
        )

    def alarms(self) -> tuple[AlarmSpec, ...]:
        """Errors, throttles, slow p99, and saturation where the function has a limit."""
        return self._health.alarms()

    def indicators(self) -> tuple[Indicator, ...]:
        """Of a function that answers HTTP: requests that fail by our fault, and slow ones."""
        return self._health.indicators()

    @property
    def _health(self) -> FunctionHealth:
        return FunctionHealth(
            service=self._args.scope.service,
            role=self._args.role,
            name=self.name,
            latency_ms=self._args.latency_alarm_ms,
            limit=self._args.concurrency.limit,
        )

    def _create_log_group(self) -> aws.cloudwatch.LogGroup:
        physical = self._args.scope.physical("function", self._args.role)
        return aws.cloudwatch.LogGroup(
            f"{self._name}-logs",
            name=f"/aws/lambda/{physical}",
            retention_in_days=self._args.defaults.log_retention_days,
            kms_key_id=arn_of(self._args.defaults.log_key),
            tags=self._args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _statements(self) -> list[Statement]:
        granted = [entry for grant in self._args.grants for entry in grant.statements]
        network = [_NETWORK_INTERFACES] if self._args.network else []
        return [_TRACING, *network, *granted]

    def _create_role(self) -> Role:
        logs = WRITE_LOGS.on(pulumi.Output.concat(self.log_group.arn, ":*"))
        return create_role(
            self,
            self._name,
            RoleArgs(
                scope=self._args.scope,
                role=self._args.role,
                taken_by="lambda.amazonaws.com",
                boundary=self._args.defaults.boundary,
                statements=[logs, *self._statements()],
            ),
        )

    def _create_function(self) -> aws.lambda_.Function:
        args, defaults, network = self._args, self._args.defaults, self._args.network
        return aws.lambda_.Function(
            f"{self._name}-function",
            name=args.scope.physical("function", args.role),
            role=self.iam_role.arn,
            runtime=defaults.runtime,
            architectures=[defaults.architecture],
            handler=args.handler,
            code=pulumi.FileArchive(args.code.path),
            source_code_hash=args.code.sha256,
            memory_size=args.memory_mb,
            timeout=args.timeout_seconds,
            publish=True,
            reserved_concurrent_executions=args.concurrency.reserved,
            snap_start={"apply_on": "PublishedVersions"} if args.concurrency.snap_start else None,
            environment={"variables": self._variables()},
            kms_key_arn=arn_of(args.key),
            tracing_config={"mode": "Active"},
            logging_config={"log_format": "Text", "log_group": self.log_group.name},
            vpc_config={
                "subnet_ids": network.subnet_ids,
                "security_group_ids": network.security_group_ids,
                "ipv6_allowed_for_dual_stack": network.dual_stack or None,
            }
            if network
            else None,
            tags=args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.policy, *args.after]),
        )

    def _create_alias(self) -> aws.lambda_.Alias:
        return aws.lambda_.Alias(
            f"{self._name}-alias",
            name=ALIAS,
            description="The version that serves",
            function_name=self.function.name,
            function_version=self.function.version,
            opts=pulumi.ResourceOptions(
                parent=self, ignore_changes=["functionVersion", "routingConfig"]
            ),
        )

    def _provision(self) -> None:
        if self._args.concurrency.provisioned == 0:
            return
        aws.lambda_.ProvisionedConcurrencyConfig(
            f"{self._name}-provisioned",
            function_name=self.function.name,
            qualifier=self.alias.name,
            provisioned_concurrent_executions=self._args.concurrency.provisioned,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _variables(self) -> dict[str, pulumi.Input[str]]:
        return {
            "POWERTOOLS_SERVICE_NAME": self._args.scope.service,
            "POWERTOOLS_METRICS_NAMESPACE": NAMESPACE,
            "POWERTOOLS_LOG_LEVEL": self._args.defaults.log_level,
            **(OVER_IPV6 if self._args.network and self._args.network.dual_stack else {}),
            **merged_environment(self._args.grants),
            **self._args.environment,
        }
