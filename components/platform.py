"""What all services of an environment stand on: network, topics, defaults of their functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from components.blocks.boundary import Boundary, BoundaryArgs
from components.blocks.function import Code, FunctionDefaults
from components.blocks.network import Network, NetworkArgs
from components.blocks.topic import Topic, TopicArgs
from components.naming import Scope, image_repository_arn
from settings import Settings


@dataclass(frozen=True, kw_only=True)
class Platform:
    """What all services of an environment stand on."""

    scope: Scope
    """names and tags of the environment"""
    region: str
    """AWS region"""
    boundary: Boundary
    """what every role may do at the very most"""
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
    boundary = _create_boundary(scope, settings)
    network = Network("network", NetworkArgs(scope=scope, **vars(settings.network)))
    events = Topic("events", TopicArgs(scope=scope, role="events", variable="EVENTS_TOPIC_ARN"))
    alarms = Topic(
        "alarms", TopicArgs(scope=scope, role="alarms", email=settings.platform.alarm_email)
    )
    return Platform(
        scope=scope,
        region=settings.aws.region,
        boundary=boundary,
        functions=FunctionDefaults(
            runtime=runtime,
            architecture=architecture,
            log_level=settings.platform.log_level,
            log_retention_days=settings.platform.log_retention_days,
            boundary=boundary,
        ),
        network=network,
        events=events,
        alarms=alarms,
        package=package,
    )


def _create_boundary(scope: Scope, settings: Settings) -> Boundary:
    stripe = settings.payments.stripe_secret_arn
    return Boundary(
        "boundary",
        BoundaryArgs(
            scope=scope,
            region=settings.aws.region,
            secret_arns=[stripe] if stripe else [],
            image_repository_arns=[image_repository_arn(settings.inventory.image)],
        ),
    )
