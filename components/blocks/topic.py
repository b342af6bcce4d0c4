"""An SNS topic."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.blocks.grants import Grant, Statement
from components.blocks.keys import Key, arn_of
from components.naming import Scope


@dataclass(frozen=True, kw_only=True)
class TopicArgs:
    """Arguments of `Topic`."""

    scope: Scope
    """names and tags"""
    role: str
    """what is announced"""
    variable: str | None = None
    """environment variable that tells a consumer the topic's ARN"""
    key: Key | None = None
    """customer managed key; without one, messages are not encrypted at rest"""
    email: str = ""
    """address that is sent what is published, once its owner has confirmed; empty: none"""


class Topic(pulumi.ComponentResource):
    """A topic that only its own account's roles may publish to."""

    arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: TopicArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("storefront:blocks:Topic", name, {}, opts)
        self._name = name
        self._args = args
        self.topic = aws.sns.Topic(
            f"{name}-topic",
            name=args.scope.physical("topic", args.role),
            kms_master_key_id=arn_of(args.key),
            tags=args.scope.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = self.topic.arn
        if args.email:
            self._subscribe(args.email)
        self.register_outputs({"arn": self.arn})

    def grant_publish(self) -> Grant:
        """Publish to the topic."""
        publish = self._grant("Publish", "sns:Publish")
        encrypt = (self._args.key.send("sns"),) if self._args.key else ()
        return Grant(statements=(*publish.statements, *encrypt), environment=publish.environment)

    def grant_manage_subscriptions(self) -> Grant:
        """Subscribe somebody to the topic, and end that: AWS takes no resource for the latter."""
        subscribe = self._grant("Subscribe", "sns:Subscribe")
        unsubscribe = Statement(sid="Unsubscribe", actions=("sns:Unsubscribe",), resources=("*",))
        return Grant(
            statements=(*subscribe.statements, unsubscribe), environment=subscribe.environment
        )

    def _grant(self, sid: str, *actions: str) -> Grant:
        words = self._args.role.title().replace("-", "")
        return Grant(
            statements=(Statement(sid=f"{sid}{words}", actions=actions, resources=(self.arn,)),),
            environment={self._args.variable: self.arn} if self._args.variable else {},
        )

    def _subscribe(self, address: str) -> None:
        aws.sns.TopicSubscription(
            f"{self._name}-email",
            topic=self.arn,
            protocol="email",
            endpoint=address,
            opts=pulumi.ResourceOptions(parent=self),
        )
