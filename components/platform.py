"""What all services of an environment stand on: network, topics, defaults of their functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from components.blocks.function import Code, FunctionDefaults
from components.blocks.network import Network, NetworkArgs
from components.blocks.topic import Topic, TopicArgs
from components.naming import Scope
from settings import Settings


@dataclass(frozen=True, kw_only=True)
class Platform:
    """What all services of an environment stand on."""

    scope: Scope
    """names and tags of the environment"""
    region: str
    """AWS region"""
    functions: FunctionDefaults
    """runtime, architecture and logs of functions"""
    network: Network
    """the VPC"""
    events: Topic
    """the shop's events"""
    alarms: Topic
    """who is told of alarms"""
    package: Callable[[str], Code]
    """the deployment package of the functions in `lambdas/<name>`"""


def create_platform(
    project: str,
    environment: str,
    settings: Settings,
    *,
    runtime: str,
    architecture: str,
    package: Callable[[str], Code],
) -> Platform:
    """The platform of one environment; `package` builds for `runtime` and `architecture`."""
    scope = Scope(
        project=project,
        environment=environment,
        cost_center=settings.platform.cost_center,
        service="platform",
    )
    network = Network("network", NetworkArgs(scope=scope, **vars(settings.network)))
    events = Topic("events", TopicArgs(scope=scope, role="events", variable="EVENTS_TOPIC_ARN"))
    alarms = Topic(
        "alarms", TopicArgs(scope=scope, role="alarms", email=settings.platform.alarm_email)
    )
    return Platform(
        scope=scope,
        region=settings.aws.region,
        functions=FunctionDefaults(
            runtime=runtime,
            architecture=architecture,
            log_level=settings.platform.log_level,
            log_retention_days=settings.platform.log_retention_days,
        ),
        network=network,
        events=events,
        alarms=alarms,
        package=package,
    )
