"""What all services of an environment stand on: network, topics, defaults of their functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from components.blocks.api_domain import Domain
from components.blocks.boundary import Boundary, BoundaryArgs
from components.blocks.function import Code, FunctionDefaults
from components.blocks.grants import Grant
from components.blocks.keys import Key, KeyArgs, KeyDefaults, alarms_publish, logs_encrypt
from components.blocks.network import Network, NetworkArgs
from components.blocks.origin_secret import OriginSecret, OriginSecretArgs
from components.blocks.service_network import ServiceNetwork, ServiceNetworkArgs
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
    keys: KeyDefaults | None
    """how keys are made; None: AWS's own keys encrypt"""
    secrets_recovery_days: int
    """days in which the deletion of a generated secret can be taken back"""
    functions: FunctionDefaults
    """runtime, architecture and logs of functions"""
    network: Network
    """the VPC"""
    mesh: ServiceNetwork | None
    """where services ask each other, in an environment that has one"""
    events: Topic
    """the shop's events"""
    alarms: Topic
    """who is told of alarms"""
    domain: Domain | None
    """what customers call; None: the names that AWS gives"""
    alarm_email: str
    """address that is told of alarms, in other regions too; empty: none"""
    alarms_composed: bool
    """whether composite alarms tell them of the services' alarms, in place of each alarm"""
    origin_secret: OriginSecret | None
    """what CloudFront proves itself with; without CloudFront there is none"""
    package: Callable[[str], Code]
    """the deployment package of the functions in `lambdas/<name>`"""

    def edge_grants(self) -> list[Grant]:
        """What a backend of the API needs to refuse requests that did not come by the edge."""
        return [self.origin_secret.grant_check()] if self.origin_secret else []


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
    keys = _key_defaults(boundary, settings)
    key = _create_key(scope, keys) if keys else None
    log_key = key if settings.keys.logs_encrypted else None
    network = _create_network(scope, settings, boundary, log_key)
    events = Topic(
        "events", TopicArgs(scope=scope, role="events", variable="EVENTS_TOPIC_ARN", key=key)
    )
    alarms = Topic(
        "alarms",
        TopicArgs(scope=scope, role="alarms", key=key, email=settings.platform.alarm_email),
    )
    return Platform(
        scope=scope,
        region=settings.aws.region,
        boundary=boundary,
        keys=keys,
        secrets_recovery_days=settings.keys.secrets_recovery_days,
        functions=FunctionDefaults(
            runtime=runtime,
            architecture=architecture,
            log_level=settings.platform.log_level,
            log_retention_days=settings.platform.log_retention_days,
            boundary=boundary,
            log_key=log_key,
        ),
        network=network,
        mesh=_create_mesh(scope, settings, network, log_key) if settings.mesh.enabled else None,
        events=events,
        alarms=alarms,
        domain=_domain(settings),
        alarm_email=settings.platform.alarm_email,
        alarms_composed=settings.observability.composites_enabled,
        origin_secret=_create_origin_secret(scope, settings, key),
        package=package,
    )


def _domain(settings: Settings) -> Domain | None:
    edge = settings.edge
    return Domain(name=edge.domain_name, zone_id=edge.zone_id) if edge.domain_name else None


def _create_network(
    scope: Scope, settings: Settings, boundary: Boundary, log_key: Key | None
) -> Network:
    return Network(
        "network",
        NetworkArgs(
            scope=scope,
            region=settings.aws.region,
            boundary=boundary,
            log_key=log_key,
            **vars(settings.network),
        ),
    )


def _create_mesh(
    scope: Scope, settings: Settings, network: Network, log_key: Key | None
) -> ServiceNetwork:
    return ServiceNetwork(
        "mesh",
        ServiceNetworkArgs(
            scope=scope.of("mesh"),
            network=network,
            region=settings.aws.region,
            log_retention_days=settings.platform.log_retention_days,
            log_key=log_key,
        ),
    )


def _create_origin_secret(scope: Scope, settings: Settings, key: Key | None) -> OriginSecret | None:
    if not settings.edge.cdn_enabled:
        return None
    return OriginSecret(
        "origin",
        OriginSecretArgs(
            scope=scope.of("api"),
            generation=settings.edge.origin_secret_generation,
            recovery_days=settings.keys.secrets_recovery_days,
            key=key,
        ),
    )


def _create_boundary(scope: Scope, settings: Settings) -> Boundary:
    given = (settings.payments.stripe_secret_arn, settings.payments.webhook_secret_arn)
    return Boundary(
        "boundary",
        BoundaryArgs(
            scope=scope,
            region=settings.aws.region,
            secret_arns=[arn for arn in given if arn],
            image_repository_arns=[image_repository_arn(settings.inventory.image)],
            container_insights=settings.inventory.platform == "eks",
        ),
    )


def _key_defaults(boundary: Boundary, settings: Settings) -> KeyDefaults | None:
    if not settings.keys.customer_managed:
        return None
    return KeyDefaults(
        boundary=boundary,
        rotation_days=settings.keys.rotation_days,
        deletion_window_days=settings.keys.deletion_window_days,
        deletion_protected=settings.keys.deletion_protected,
    )


def _create_key(scope: Scope, defaults: KeyDefaults) -> Key:
    users = [alarms_publish(scope, defaults.boundary), logs_encrypt(scope, defaults.boundary)]
    return Key("key", KeyArgs(scope=scope, defaults=defaults, users=users))
