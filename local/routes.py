"""The data plane of the embedded load balancers: VPC links lead to the processes behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from botocore.exceptions import ClientError

from local.resources import Cloud
from local.resources.integrations import NOWHERE, linked_integrations
from local.resources.lifecycle import is_gone

Targets = Mapping[str, Sequence[str]]
"""For each target group's ARN the URLs of its healthy processes."""


class Routes:
    """Points the integrations of a cloud's region; for one thread at a time."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def follow(self, targets: Targets) -> None:
        """Send what goes to a listener to a process of the target group it forwards to.

        One that leads to such a process already is left alone; without a process it answers 502.
        """
        for link in linked_integrations(self._cloud):
            urls = [
                url for group in self._groups(link.listener_arn) for url in targets.get(group, ())
            ]
            if link.url not in (urls or [NOWHERE]):
                link.point(self._cloud, urls[0] if urls else NOWHERE)

    def _groups(self, listener_arn: str) -> list[str]:
        """The target groups that a listener forwards to by default."""
        try:
            answer = self._cloud.client("elbv2").describe_listeners(ListenerArns=[listener_arn])
        except ClientError as error:
            if is_gone(error):
                return []
            raise
        return [
            action["TargetGroupArn"]
            for found in answer["Listeners"]
            for action in found["DefaultActions"]
            if "TargetGroupArn" in action
        ]
