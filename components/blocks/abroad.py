"""What encrypts and who is told in us-east-1, where CloudFront has its logs and metrics."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pulumi

from components.blocks.alarms import AlarmSpec, MathSpec, create_alarms
from components.blocks.keys import Key, KeyArgs, KeyDefaults, alarms_publish, logs_encrypt
from components.blocks.topic import Topic, TopicArgs
from components.naming import Scope

REGION = "us-east-1"
"""Where CloudFront looks for its certificates and its web ACL, and leaves its logs and metrics."""


@dataclass(frozen=True, kw_only=True)
class AbroadArgs:
    """Arguments of `Abroad`."""

    scope: Scope
    """names and tags"""
    keys: KeyDefaults
    """rotation and deletion of the key"""
    email: str
    """address that is told of alarms; empty: none"""


class Abroad(pulumi.ComponentResource):
    """A key and a topic cannot be those of another region, so its provider must be one of
    us-east-1."""

    def __init__(
        self, name: str, args: AbroadArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("storefront:blocks:Abroad", name, {}, opts)
        self._name = name
        self._args = args
        self.key = self._create_key()
        self._alarms = Topic(
            f"{name}-alarms",
            TopicArgs(scope=args.scope, role="alarms", key=self.key, email=args.email),
            pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})

    def watch(self, specs: Iterable[AlarmSpec | MathSpec]) -> None:
        """Tell of each alarm: a composite alarm of another region cannot."""
        create_alarms(self, self._name, self._args.scope, specs, self._alarms.arn)

    def _create_key(self) -> Key:
        scope, boundary = self._args.scope, self._args.keys.boundary
        users = [
            alarms_publish(scope, boundary, REGION),
            logs_encrypt(scope, boundary, REGION, before="*"),
        ]
        return Key(
            f"{self._name}-key",
            KeyArgs(scope=scope, defaults=self._args.keys, users=users),
            pulumi.ResourceOptions(parent=self),
        )
