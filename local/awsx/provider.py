"""The component provider: the same plan as real resources of the Pulumi engine.

The engine starts it as it starts the official plugin of awsx, and asks it to `Construct`.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import pulumi
from pulumi.provider import ConstructResult, Provider

from local.awsx.errors import ArgumentError
from local.awsx.plan import COMPONENT, Child, Ipv6Subnet, Key, Reference, plan, resolve

_ZONES = "aws:index/getAvailabilityZones:getAvailabilityZones"


class Components(Provider):
    """Serves `awsx.ec2.Vpc` and no other component."""

    def __init__(self) -> None:
        super().__init__(version("pulumi_awsx"))

    def construct(
        self,
        name: str,
        resource_type: str,
        inputs: Mapping[str, pulumi.Input[Any]],
        options: pulumi.ResourceOptions | None = None,
    ) -> ConstructResult:
        """See `Provider.construct`; raises `InputPropertyError` for an argument it refuses."""
        if resource_type != COMPONENT:
            raise LookupError(
                f"component {resource_type!r} is not served here, only {COMPONENT}: add it to "
                "local/awsx/, or use the official awsx plugin."
            )
        vpc = Vpc(name, inputs, options)
        return ConstructResult(vpc.urn, vpc.outputs)


class Vpc(pulumi.ComponentResource):
    """The component and, below it, its children."""

    outputs: dict[str, Any]

    def __init__(
        self,
        name: str,
        args: Mapping[str, pulumi.Input[Any]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(COMPONENT, name, {}, opts)
        try:
            planned = plan(name, args, self._zones())
        except ArgumentError as error:
            raise pulumi.InputPropertyError(error.path, error.reason) from error
        self._made: dict[Key, _Child] = {}
        for child in planned.children:
            self._made[child.key] = self._create(child, planned.referred(child.key))
        self.outputs = resolve(planned.outputs, self._known)
        self.register_outputs({})

    def _zones(self) -> list[str]:
        options = pulumi.InvokeOptions(parent=self, version=_aws_version())
        names: list[str] = pulumi.runtime.invoke(_ZONES, {}, options).value["names"]
        return names

    def _create(self, child: Child, outputs: frozenset[str]) -> _Child:
        options = pulumi.ResourceOptions(
            parent=self if child.parent is None else self._made[child.parent],
            depends_on=[self._made[key] for key in child.depends_on],
            version=_aws_version(),
        )
        inputs = resolve(child.inputs, self._known)
        return _Child(child.key, inputs, outputs, options)

    def _known(self, item: Reference) -> Any:
        if isinstance(item, Key):
            return self._made[item]
        if isinstance(item, Ipv6Subnet):
            return self._known(item.block).apply(item.of)
        return self._made[item.child].output(item.output)


class _Child(pulumi.CustomResource):
    """One resource of the component, of any type."""

    def __init__(
        self,
        key: Key,
        inputs: Mapping[str, Any],
        outputs: frozenset[str],
        opts: pulumi.ResourceOptions,
    ) -> None:
        super().__init__(key.type, key.name, {**dict.fromkeys(outputs), **inputs}, opts)

    def output(self, name: str) -> pulumi.Output[Any]:
        """Its id, or an output that was asked for."""
        found: pulumi.Output[Any] = getattr(self, name)
        return found


def _aws_version() -> str:
    """The release of the AWS provider that the program itself is written for."""
    return version("pulumi_aws")
