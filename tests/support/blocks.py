"""Makes one of each building block, with arguments that say little."""

from __future__ import annotations

from pulumi_aws import ecs

from components.blocks.boundary import Boundary, BoundaryArgs
from components.blocks.bucket import Bucket, BucketArgs
from components.blocks.container_service import (
    ContainerService,
    ContainerServiceArgs,
)
from components.blocks.discovery import Discovery, DiscoveryArgs
from components.blocks.function import Code, Function, FunctionArgs, FunctionDefaults
from components.blocks.grants import Grant
from components.blocks.http_api import HttpApi, HttpApiArgs
from components.blocks.keys import Key, KeyArgs, KeyDefaults
from components.blocks.load_balancer import LoadBalancer, LoadBalancerArgs
from components.blocks.network import Network, NetworkArgs
from components.blocks.outbox_relay import OUTBOX_INDEX, OutboxRelay, OutboxRelayArgs
from components.blocks.postgres import Postgres, PostgresArgs
from components.blocks.queue import Queue, QueueArgs
from components.blocks.schedule import Schedule, ScheduleArgs
from components.blocks.table import Table, TableArgs
from components.blocks.table_scaling import Capacity
from components.blocks.topic import Topic, TopicArgs
from components.blocks.user_pool import UserPool, UserPoolArgs
from components.blocks.websocket_api import WebSocketApi, WebSocketApiArgs
from components.blocks.workload import Exposure, Scaling
from components.naming import Scope
from components.platform import Platform

SCOPE = Scope(project="storefront", environment="test", cost_center="tests", service="shop")
IMAGE = "local/shop@sha256:" + "0" * 64


def boundary(name: str = "boundary", region: str = "eu-west-1") -> Boundary:
    """What the roles of `SCOPE` may do at the very most."""
    return Boundary(
        name,
        BoundaryArgs(scope=SCOPE, region=region, secret_arns=[], image_repository_arns=[]),
    )


def defaults(limit: Boundary) -> FunctionDefaults:
    """What functions share."""
    return FunctionDefaults(
        runtime="python3.13",
        architecture="arm64",
        log_level="INFO",
        log_retention_days=7,
        boundary=limit,
    )


def network(name: str = "net") -> Network:
    """A VPC in two zones that AWS's APIs are called from through endpoints."""
    return Network(
        name,
        NetworkArgs(
            scope=SCOPE,
            region="eu-west-1",
            boundary=boundary(f"{name}-boundary"),
            cidr_block="10.0.0.0/16",
            zones_count=2,
            nat_strategy="Single",
            aws_apis_through="endpoints",
            endpoint_zones_count=1,
            flow_log_retention_days=7,
        ),
    )


def function(
    name: str = "job", role: str = "job", grants: tuple[Grant, ...] = (), inside: bool = False
) -> Function:
    """A function, in a VPC of its own if `inside`."""
    place = network() if inside else None
    return Function(
        name,
        FunctionArgs(
            scope=SCOPE,
            role=role,
            defaults=defaults(boundary(f"{name}-boundary")),
            code=Code(path="/packages/job.zip", sha256="sha256"),
            handler="job.handler.run",
            memory_mb=128,
            timeout_seconds=5,
            latency_alarm_ms=100,
            grants=grants,
            network=place.attach(place.security_group(SCOPE, "job", "A job")) if place else None,
        ),
    )


def table(name: str = "data", streamed: bool = False, capacity: Capacity | None = None) -> Table:
    """A table; a streamed one has an outbox."""
    return Table(
        name,
        TableArgs(
            scope=SCOPE,
            variable="SHOP_TABLE_NAME",
            deletion_protected=False,
            indexes=[OUTBOX_INDEX] if streamed else [],
            streamed=streamed,
            capacity=capacity,
        ),
    )


def key(name: str = "key") -> Key:
    """A key that no AWS service uses by itself."""
    return Key(
        name,
        KeyArgs(
            scope=SCOPE,
            defaults=KeyDefaults(
                boundary=boundary(f"{name}-boundary"),
                rotation_days=365,
                deletion_window_days=7,
                deletion_protected=False,
            ),
            users=[],
        ),
    )


def bucket(
    expire_days: int = 0,
    keyed: bool = False,
    served: bool = False,
    deletion_protected: bool = False,
) -> Bucket:
    """A bucket of papers."""
    return Bucket(
        "store",
        BucketArgs(
            scope=SCOPE,
            role="old-papers",
            deletion_protected=deletion_protected,
            noncurrent_days=30,
            expire_days=expire_days,
            key=key() if keyed else None,
            variable="PAPERS_BUCKET_NAME",
            served=served,
        ),
    )


def topic(name: str = "news", email: str = "") -> Topic:
    """A topic, mailed to `email` if given."""
    return Topic(name, TopicArgs(scope=SCOPE, role="big-news", variable="NEWS_ARN", email=email))


def queue(name: str = "work") -> Queue:
    """A queue that a poller reads."""
    return Queue(
        name,
        QueueArgs(
            scope=SCOPE,
            role="work",
            visibility_timeout_seconds=30,
            max_receives=3,
            age_alarm_seconds=60,
            variable="WORK_QUEUE_URL",
        ),
    )


def postgres(name: str = "ledger", proxied: bool = False, readers_count: int = 0) -> Postgres:
    """A database in a VPC of its own, perhaps behind a proxy."""
    place = network()
    return Postgres(
        name,
        PostgresArgs(
            scope=SCOPE,
            network=place,
            group=place.security_group(SCOPE, "database", "The ledger"),
            proxy_group=place.security_group(SCOPE, "proxy", "The proxy") if proxied else None,
            boundary=boundary(),
            readers_count=readers_count,
            region="eu-west-1",
            database_name="ledger",
            application_user="app",
            migration_user="migrator",
            connections_max=10,
            variable_prefix="LEDGER",
            engine_version="16.8",
            capacity_min_acu=0,
            capacity_max_acu=1,
            backup_days=1,
            deletion_protected=False,
            log_retention_days=7,
        ),
    )


def discovery() -> Discovery:
    """A namespace with one service."""
    return Discovery(
        "finder",
        DiscoveryArgs(
            scope=SCOPE, vpc_id="vpc-1", service_name="shop", port=80, variable_prefix="SHOP"
        ),
    )


def balancer(place: Network) -> LoadBalancer:
    """A load balancer in `place`."""
    return LoadBalancer(
        "entry",
        LoadBalancerArgs(
            scope=SCOPE,
            role="api",
            network=place,
            group=place.security_group(SCOPE, "balancer", "The entry"),
            target_port=8080,
            health_path="/health",
            latency_alarm_ms=500,
        ),
    )


def container(exposed: bool) -> ContainerService:
    """A container in a VPC of its own, called by others if `exposed`."""
    place = network()
    exposure = Exposure(
        health_path="/health",
        balancer=balancer(place),
        discovery=discovery(),
    )
    return ContainerService(
        "api",
        ContainerServiceArgs(
            scope=SCOPE,
            role="api",
            cluster=ecs.Cluster("cluster"),
            network=place,
            group=place.security_group(SCOPE, "tasks", "The tasks"),
            image=IMAGE,
            scaling=Scaling(tasks_max=4, cpu_percent=60, backlog_messages=100),
            port=8080,
            health_command=["true"],
            port_variable="SHOP_PORT",
            image_repository_arn="arn:aws:ecr:eu-west-1:123456789012:repository/shop",
            command=["python", "-m", "shop"],
            cpu_units=256,
            memory_mb=512,
            tasks_count=1,
            log_level="INFO",
            log_retention_days=7,
            region="eu-west-1",
            boundary=boundary(),
            grants=[table().grant("Shop", ["GetItem"])],
            exposure=exposure if exposed else None,
        ),
    )


def api() -> HttpApi:
    """An API without routes."""
    place = network()
    return HttpApi(
        "api",
        HttpApiArgs(
            scope=SCOPE,
            network=place,
            link_group=place.security_group(SCOPE, "link", "The link"),
            issuer="https://issuer.example.com",
            audiences=["shop"],
            throttle_rate=10,
            throttle_burst=10,
            cors_origins=[],
            endpoint_disabled=False,
            log_retention_days=7,
        ),
    )


def live() -> WebSocketApi:
    """A WebSocket API that a function admits to."""
    api = WebSocketApi(
        "live",
        WebSocketApiArgs(
            scope=SCOPE,
            role="news",
            throttle_rate=10,
            throttle_burst=10,
            log_retention_days=7,
            connections_variable="NEWS_CONNECTIONS_URL",
        ),
    )
    api.admit_by(function())
    return api


def users() -> UserPool:
    """A user pool with one machine scope."""
    return UserPool(
        "users",
        UserPoolArgs(
            scope=SCOPE,
            region="eu-west-1",
            access_token_minutes=60,
            admin_sign_in=False,
            deletion_protected=True,
            resource_server="shop",
            machine_scopes=["write"],
        ),
    )


def relay() -> OutboxRelay:
    """The relay of a table's outbox."""
    return OutboxRelay(
        "outbox",
        OutboxRelayArgs(
            scope=SCOPE,
            defaults=defaults(boundary()),
            code=Code(path="/packages/relay.zip", sha256="sha256"),
            table=table(streamed=True),
            topic=topic(),
            memory_mb=128,
            timeout_seconds=10,
            grace_seconds=30,
            behind_alarm_seconds=150,
            undelivered=queue(),
        ),
    )


def schedule() -> Schedule:
    """A function that runs daily."""
    return Schedule(
        "daily",
        ScheduleArgs(
            scope=SCOPE,
            role="daily",
            function=function(),
            every_minutes=1440,
            undelivered=queue(),
        ),
    )


def platform(place: Network) -> Platform:
    """What services stand on."""
    limit = boundary()
    return Platform(
        scope=SCOPE.of("platform"),
        region="eu-west-1",
        boundary=limit,
        keys=None,
        secrets_recovery_days=0,
        functions=defaults(limit),
        network=place,
        mesh=None,
        events=Topic("events", TopicArgs(scope=SCOPE, role="events", variable="EVENTS_TOPIC_ARN")),
        alarms=Topic("alarms", TopicArgs(scope=SCOPE, role="alarms")),
        domain=None,
        alarm_email="",
        alarms_composed=False,
        origin_secret=None,
        package=lambda service: Code(path=f"/packages/{service}.zip", sha256="sha256"),
    )
