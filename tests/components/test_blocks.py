"""Each block alone: what it registers, what it leaves out, and how it answers two callers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from components.blocks.alarms import AlarmSpec
from components.blocks.grants import Grant, Statement
from components.blocks.http_api import Route
from tests.support import harness
from tests.support.blocks import (
    api,
    balancer,
    boundary,
    bucket,
    container,
    discovery,
    function,
    key,
    live,
    network,
    postgres,
    queue,
    relay,
    schedule,
    table,
    topic,
    users,
)
from tests.support.harness import Built

BLOCKS: dict[str, tuple[Callable[[], object], dict[str, int]]] = {
    "news": (topic, {"topic": 1}),
    "data": (table, {"table": 1}),
    "store": (
        bucket,
        {
            "bucket": 1,
            "encryption": 1,
            "lifecycle": 1,
            "ownership": 1,
            "policy": 1,
            "public-access": 1,
            "versioning": 1,
        },
    ),
    "live": (
        live,
        {
            "access-logs": 1,
            "api": 1,
            "integration": 1,
            "nobody": 1,
            "permission": 1,
            "route-connect": 1,
            "route-default": 1,
            "route-disconnect": 1,
            "stage": 1,
        },
    ),
    "work": (queue, {"queue": 1, "dead-letters": 1, "redrive-allowance": 1}),
    "job": (function, {"function": 1, "alias": 1, "logs": 1, "role": 1, "policy": 1}),
    "daily": (schedule, {"rule": 1, "permission": 1, "target": 1}),
    "outbox": (relay, {"failures": 1, "relay": 1, "trigger": 1, "sweep": 1}),
    "ledger": (
        postgres,
        {"cluster": 1, "writer": 1, "subnets": 1, "parameters": 1, "logs": 1},
    ),
    "fronted": (
        lambda: postgres("fronted", proxied=True, readers_count=2),
        {
            "cluster": 1,
            "writer": 1,
            "reader-1": 1,
            "reader-2": 1,
            "proxy": 1,
            "subnets": 1,
            "parameters": 1,
            "logs": 1,
        },
    ),
    "fronted-proxy": (
        lambda: postgres("fronted", proxied=True),
        {"proxy": 1, "pool": 1, "target": 1, "logs": 1, "role": 1, "policy": 1},
    ),
    "finder": (discovery, {"namespace": 1, "service": 1}),
    "entry": (
        lambda: balancer(network()),
        {"balancer": 1, "targets": 1, "alternate": 1, "listener": 1, "production": 1},
    ),
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
            "scaling": 1,
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
    "key": (key, {"key": 1, "alias": 1}),
    "net": (network, {"vpc": 1, "default": 1, "endpoints": 1, "flows": 1}),
    "boundary": (boundary, {"policy": 1}),
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
    assert children(harness.build(lambda: api().open()), "api") == {
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
