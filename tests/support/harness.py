"""Builds components or the whole program without an engine, and records what they register.

Assertions are made on the recorded data afterwards, never inside `apply`.
"""

from __future__ import annotations

import asyncio
import runpy
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
import yaml
from pulumi.runtime import mocks, rpc, settings, stack

ROOT = Path(__file__).parents[2]
ACCOUNT = "123456789012"
REGION = "eu-west-1"


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One registration: its type, logical name, parent's URN, inputs and mocked outputs."""

    type: str
    name: str
    urn: str
    parent: str
    custom: bool
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    dependencies: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Built:
    """Everything a program registered, and the stack's outputs."""

    resources: tuple[Resource, ...]
    outputs: dict[str, Any]

    def of_type(self, token: str) -> list[Resource]:
        """The resources of one type, in order of registration."""
        return [resource for resource in self.resources if resource.type == token]

    def named(self, name: str) -> Resource:
        """The one resource with this logical name; raises LookupError otherwise."""
        found = [resource for resource in self.resources if resource.name == name]
        if len(found) != 1:
            raise LookupError(f"{len(found)} resources are named {name!r}")
        return found[0]

    def counts(self) -> dict[str, int]:
        """How many resources there are of each type."""
        return dict(sorted(Counter(resource.type for resource in self.resources).items()))

    def __iter__(self) -> Iterator[Resource]:
        return iter(self.resources)


class _Outputs(mocks.Mocks):
    """What AWS would answer: the inputs, an id, an ARN and what our components read."""

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], None]:
        raise LookupError(f"the program calls {args.token}, which the harness does not know")

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        service = args.typ.split(":")[1].split("/")[0] if ":" in args.typ else "none"
        arn = f"arn:aws:{service}:{REGION}:{ACCOUNT}:{args.name}"
        identity = args.inputs.get("name", f"{args.name}-id")
        inputs = {} if args.typ.startswith("awsx:") else args.inputs
        outputs = {"arn": arn, "name": identity, **inputs, **_COMPUTED.get(args.typ, {})}
        return str(identity), outputs


_COMPUTED: dict[str, dict[str, Any]] = {
    "aws:apigatewayv2/api:Api": {
        "apiEndpoint": f"https://api.execute-api.{REGION}.amazonaws.com",
        "executionArn": f"arn:aws:execute-api:{REGION}:{ACCOUNT}:api",
    },
    "aws:cognito/userPoolClient:UserPoolClient": {"clientSecret": "secret"},
    "aws:dynamodb/table:Table": {"streamArn": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:stream"},
    "aws:lambda/function:Function": {"invokeArn": f"arn:aws:apigateway:{REGION}:lambda:invoke"},
    "aws:lb/loadBalancer:LoadBalancer": {"arnSuffix": "app/balancer/1"},
    "aws:rds/cluster:Cluster": {
        "clusterResourceId": "cluster-ABC",
        "endpoint": "database.internal",
        "masterUserSecrets": [
            {
                "secretArn": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:rds",
                "kmsKeyId": "key",
                "secretStatus": "active",
            }
        ],
    },
    "aws:sqs/queue:Queue": {"url": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/queue"},
    "awsx:ec2:Vpc": {
        "vpcId": "vpc-1",
        "privateSubnetIds": ["subnet-private-1", "subnet-private-2"],
        "publicSubnetIds": ["subnet-public-1", "subnet-public-2"],
    },
}


class _Monitor(mocks.MockMonitor):
    def __init__(self) -> None:
        super().__init__(_Outputs())
        self.recorded: list[Resource] = []
        self.outputs: dict[str, Any] = {}

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        response = super().RegisterResource(request)
        if request.type != "pulumi:pulumi:Stack":
            self.recorded.append(
                Resource(
                    type=request.type,
                    name=request.name,
                    urn=response.urn,
                    parent=request.parent,
                    custom=request.custom,
                    inputs=rpc.deserialize_properties(request.object),
                    outputs=rpc.deserialize_properties(response.object),
                    dependencies=tuple(request.dependencies),
                )
            )
        return response

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - the protocol's name
        if "pulumi:pulumi:Stack" in request.urn:
            self.outputs = rpc.deserialize_properties(request.outputs)
        return super().RegisterResourceOutputs(request)


def build(
    program: Callable[[], object], *, environment: str = "test", config: dict[str, str] | None = None
) -> Built:
    """Run `program` as the stack `environment` with `config` and record what it registers."""
    monitor = _Monitor()
    asyncio.set_event_loop(asyncio.new_event_loop())
    settings.reset_options()
    mocks.set_mocks(
        mocks=monitor.mocks,
        project="storefront",
        stack=environment,
        preview=False,
        monitor=monitor,
    )
    settings.set_root_resource(None)
    pulumi.runtime.set_all_config(config or {})
    try:
        asyncio.get_event_loop().run_until_complete(stack.run_in_stack(lambda: _call(program)))
    finally:
        asyncio.get_event_loop().close()
        pulumi.runtime.set_all_config({})
    return Built(
        resources=tuple(sorted(monitor.recorded, key=lambda resource: resource.urn)),
        outputs=monitor.outputs,
    )


def _call(program: Callable[[], object]) -> None:
    program()


def stack_config(environment: str) -> dict[str, str]:
    """The configuration in `Pulumi.<environment>.yaml`, as the engine hands it to a program."""
    loaded = yaml.safe_load((ROOT / f"Pulumi.{environment}.yaml").read_text())["config"]
    return {key: _as_text(value) for key, value in loaded.items()}


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def build_stack(environment: str, **overrides: str) -> Built:
    """The whole program as one stack; `overrides` are `namespace__key` keyword arguments."""
    config = stack_config(environment)
    config.update({key.replace("__", ":", 1): value for key, value in overrides.items()})
    return build(
        lambda: runpy.run_path(str(ROOT / "__main__.py")), environment=environment, config=config
    )
