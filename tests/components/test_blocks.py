"""Each block alone: what it registers, what it leaves out, and how it answers two callers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from pulumi_aws import ecs

from components.blocks.alarms import AlarmSpec
from components.blocks.container_service import (
    ContainerService,
    ContainerServiceArgs,
    Exposure,
)
from components.blocks.discovery import Discovery, DiscoveryArgs
from components.blocks.function import Code, Function, FunctionArgs, FunctionDefaults
from components.blocks.grants import Grant, Statement
from components.blocks.http_api import HttpApi, HttpApiArgs, Route
from components.blocks.load_balancer import LoadBalancer, LoadBalancerArgs
from components.blocks.network import Network, NetworkArgs
from components.blocks.outbox_relay import OUTBOX_INDEX, OutboxRelay, OutboxRelayArgs
from components.blocks.postgres import Postgres, PostgresArgs
from components.blocks.queue import Queue, QueueArgs
from components.blocks.schedule import Schedule, ScheduleArgs
from components.blocks.table import Table, TableArgs
from components.blocks.topic import Topic, TopicArgs
from components.blocks.user_pool import UserPool, UserPoolArgs
from components.naming import Scope
from tests.support import harness
from tests.support.harness import Built

SCOPE = Scope(project="storefront", environment="test", cost_center="tests", service="shop")
DEFAULTS = FunctionDefaults(
    runtime="python3.13", architecture="arm64", log_level="INFO", log_retention_days=7
)
IMAGE = "local/shop@sha256:" + "0" * 64


def network(name: str = "net") -> Network:
    return Network(
        name,
        NetworkArgs(scope=SCOPE, cidr_block="10.0.0.0/16", zones_count=2, nat_strategy="Single"),
    )


def function(
    name: str = "job", role: str = "job", grants: tuple[Grant, ...] = (), inside: bool = False
) -> Function:
    place = network() if inside else None
    return Function(
        name,
        FunctionArgs(
            scope=SCOPE,
            role=role,
            defaults=DEFAULTS,
            code=Code(path="/packages/job.zip", sha256="sha256"),
            handler="job.handler.run",
            memory_mb=128,
            timeout_seconds=5,
            latency_alarm_ms=100,
            grants=grants,
            network=place.attach(place.security_group(SCOPE, "job", "A job")) if place else None,
        ),
    )


def table(name: str = "data", streamed: bool = False) -> Table:
    return Table(
        name,
        TableArgs(
            scope=SCOPE,
            variable="SHOP_TABLE_NAME",
            deletion_protected=False,
            indexes=[OUTBOX_INDEX] if streamed else [],
            streamed=streamed,
        ),
    )


def topic(name: str = "news", email: str = "") -> Topic:
    return Topic(name, TopicArgs(scope=SCOPE, role="big-news", variable="NEWS_ARN", email=email))


def queue(name: str = "work") -> Queue:
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


def postgres() -> Postgres:
    place = network()
    return Postgres(
        "ledger",
        PostgresArgs(
            scope=SCOPE,
            network=place,
            group=place.security_group(SCOPE, "database", "The ledger"),
            region="eu-west-1",
            database_name="ledger",
            application_user="app",
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
    return Discovery(
        "finder",
        DiscoveryArgs(
            scope=SCOPE, vpc_id="vpc-1", service_name="shop", port=80, variable_prefix="SHOP"
        ),
    )


def balancer(place: Network) -> LoadBalancer:
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
    place = network()
    exposure = Exposure(
        port=8080, port_variable="SHOP_PORT", balancer=balancer(place), discovery=discovery()
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
            image_repository_arn="arn:aws:ecr:eu-west-1:123456789012:repository/shop",
            command=["python", "-m", "shop"],
            cpu_units=256,
            memory_mb=512,
            tasks_count=1,
            log_level="INFO",
            log_retention_days=7,
            region="eu-west-1",
            grants=[table().grant("Shop", ["GetItem"])],
            exposure=exposure if exposed else None,
        ),
    )


def api() -> HttpApi:
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
            log_retention_days=7,
        ),
    )


def users() -> UserPool:
    return UserPool(
        "users",
        UserPoolArgs(
            scope=SCOPE,
            region="eu-west-1",
            access_token_minutes=60,
            deletion_protected=True,
            resource_server="shop",
            machine_scopes=["write"],
        ),
    )


def relay() -> OutboxRelay:
    return OutboxRelay(
        "outbox",
        OutboxRelayArgs(
            scope=SCOPE,
            defaults=DEFAULTS,
            code=Code(path="/packages/relay.zip", sha256="sha256"),
            table=table(streamed=True),
            topic=topic(),
            memory_mb=128,
            timeout_seconds=10,
            grace_seconds=30,
        ),
    )


def schedule() -> Schedule:
    return Schedule(
        "daily",
        ScheduleArgs(scope=SCOPE, role="daily", function=function(), every_minutes=1440),
    )


BLOCKS: dict[str, tuple[Callable[[], object], dict[str, int]]] = {
    "news": (topic, {"topic": 1}),
    "data": (table, {"table": 1}),
    "work": (queue, {"queue": 1, "dead-letters": 1, "redrive-allowance": 1}),
    "job": (function, {"function": 1, "logs": 1, "role": 1, "policy": 1}),
    "daily": (schedule, {"rule": 1, "permission": 1, "target": 1}),
    "outbox": (relay, {"failures": 1, "relay": 1, "trigger": 1, "sweep": 1}),
    "ledger": (
        postgres,
        {"cluster": 1, "writer": 1, "subnets": 1, "parameters": 1, "logs": 1},
    ),
    "finder": (discovery, {"namespace": 1, "service": 1}),
    "entry": (lambda: balancer(network()), {"balancer": 1, "targets": 1, "listener": 1}),
    "api": (
        lambda: container(exposed=True),
        {
            "service": 1,
            "task": 1,
            "logs": 1,
            "task-role": 1,
            "task-policy": 1,
            "execution-role": 1,
            "execution-policy": 1,
        },
    ),
    "users": (
        users,
        {
            "pool": 1,
            "domain": 1,
            "resource-server": 1,
            "shop-client": 1,
            "back-office-client": 1,
        },
    ),
    "net": (network, {"vpc": 1}),
}


def children(built: Built, name: str) -> dict[str, int]:
    """The roles of a component's own children, counted."""
    (owner,) = [r for r in built if r.name == name and r.type.startswith("storefront:blocks:")]
    found = [r.name.removeprefix(f"{name}-") for r in built if r.parent == owner.urn]
    return dict(Counter(found))


@pytest.mark.parametrize("name", sorted(BLOCKS))
def test_a_block_registers_exactly_its_children_named_by_role(name: str) -> None:
    program, expected = BLOCKS[name]

    assert children(harness.build(program), name) == expected


def test_an_api_registers_itself_its_link_and_its_log() -> None:
    assert children(harness.build(api), "api") == {
        "access-logs": 1,
        "api": 1,
        "authorizer": 1,
        "link": 1,
        "stage": 1,
    }


def test_routes_with_like_paths_keep_names_of_their_own() -> None:
    keys = ("GET /v1/orders", "GET /v2/orders", "POST /v1/orders", "GET /v1/orders/{order_id}")

    def program() -> None:
        api().serve_function("orders", function(), [Route(key=key, scope="s") for key in keys])

    built = harness.build(program)
    assert [r.name for r in built.of_type("aws:apigatewayv2/route:Route")] == [
        "api-route-get-v1-orders",
        "api-route-get-v1-orders-order-id",
        "api-route-get-v2-orders",
        "api-route-post-v1-orders",
    ]


def test_a_container_that_nobody_calls_has_no_target_and_no_name_to_be_found_by() -> None:
    built = harness.build(lambda: container(exposed=False))
    service = built.named("api-service").inputs

    assert "loadBalancers" not in service
    assert "serviceRegistries" not in service
    assert "healthCheckGracePeriodSeconds" not in service


def test_a_function_outside_the_vpc_may_not_touch_network_interfaces() -> None:
    for inside in (True, False):
        built = harness.build(lambda inside=inside: function(inside=inside))  # type: ignore[misc]
        assert ("NetworkInterfaces" in built.named("job-policy").inputs["policy"]) is inside
        assert ("vpcConfig" in built.named("job-function").inputs) is inside


def test_a_table_without_a_stream_has_no_view_of_one() -> None:
    inputs = harness.build(table).named("data-table").inputs

    assert inputs["streamEnabled"] is False
    assert "streamViewType" not in inputs


def test_a_topic_mails_only_the_address_it_is_given() -> None:
    assert children(harness.build(lambda: topic(email="a@example.com")), "news") == {
        "topic": 1,
        "email": 1,
    }


def test_two_blocks_of_a_kind_do_not_share_a_child() -> None:
    def program() -> None:
        table("left")
        table("right")

    built = harness.build(program)
    assert sorted(r.name for r in built.of_type("aws:dynamodb/table:Table")) == [
        "left-table",
        "right-table",
    ]


def test_a_grant_without_indexes_allows_no_query() -> None:
    grants: list[Grant] = []
    harness.build(lambda: grants.append(table().grant("Shop", ["GetItem", "PutItem"])))

    assert [(entry.sid, entry.actions) for entry in grants[0].statements] == [
        ("Shop", ("dynamodb:GetItem", "dynamodb:PutItem"))
    ]
    assert set(grants[0].environment) == {"SHOP_TABLE_NAME"}


def test_a_role_with_hyphens_makes_a_sid_without() -> None:
    grants: list[Grant] = []
    harness.build(lambda: grants.append(topic().grant_publish()))

    assert [entry.sid for entry in grants[0].statements] == ["PublishBigNews"]


def test_a_grant_brings_its_variables_and_the_functions_own_come_last() -> None:
    grant = Grant(
        statements=(
            Statement(sid="Read", actions=("s3:GetObject",), resources=("arn:aws:s3:::a",)),
        ),
        environment={"BUCKET": "a"},
    )
    built = harness.build(lambda: function(grants=(grant,)))
    variables = built.named("job-function").inputs["environment"]["variables"]

    assert variables["BUCKET"] == "a"
    assert '"Sid": "Read"' in built.named("job-policy").inputs["policy"]


def test_a_condition_is_part_of_the_statement() -> None:
    statement = Statement(
        sid="Read",
        actions=("s3:GetObject",),
        resources=("*",),
        conditions={"StringEquals": {"aws:ResourceTag/a": "b"}},
    )

    assert statement.document() == {
        "Sid": "Read",
        "Effect": "Allow",
        "Action": ["s3:GetObject"],
        "Resource": ["*"],
        "Condition": {"StringEquals": {"aws:ResourceTag/a": "b"}},
    }


def test_blocks_ask_for_alarms_as_data_and_create_none_themselves() -> None:
    asked: list[AlarmSpec] = []
    built = harness.build(lambda: asked.extend(queue().alarms()))

    assert [spec.role for spec in asked] == ["work-dead-letters", "work-oldest-message"]
    assert built.of_type("aws:cloudwatch/metricAlarm:MetricAlarm") == []
