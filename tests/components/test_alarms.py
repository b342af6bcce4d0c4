"""Whoever is on duty hears of every service's dead letters, delays, errors, throttles, latency."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from tests.support import harness
from tests.support.configuration import stack_config
from tests.support.harness import Built, Resource
from tests.support.relations import (
    ALARM,
    COMPOSITE,
    FUNCTION,
    QUEUE,
    SERVICES,
    TABLE,
    behind,
    main_queues,
    stream_mappings,
)

KINDS = ("dead-letters", "oldest-message", "errors", "throttles", "latency")
BALANCER = "AWS/ApplicationELB"


def alarms_on(built: Built, **dimensions: str) -> dict[str, Resource]:
    """The alarms on one thing, by metric."""
    return {
        alarm.inputs["metricName"]: alarm
        for alarm in built.of_type(ALARM)
        if alarm.inputs.get("dimensions") == dimensions
    }


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_an_alarm_of_each_kind(shop: Built, service: str, kind: str) -> None:
    found = [
        alarm.name
        for alarm in shop.under(service).of_type(ALARM)
        if alarm.name.endswith(f"-{kind}")
    ]

    assert found != []


def test_one_message_among_the_dead_letters_raises_an_alarm(shop: Built) -> None:
    for queue in main_queues(shop):
        dead = behind(shop, json.loads(queue.inputs["redrivePolicy"])["deadLetterTargetArn"])
        (alarm,) = alarms_on(shop, QueueName=dead.inputs["name"]).values()
        assert alarm.inputs["metricName"] == "ApproximateNumberOfMessagesVisible"
        assert alarm.inputs["statistic"] == "Maximum"
        assert alarm.inputs["threshold"] == 0
        assert alarm.inputs["datapointsToAlarm"] == 1


@pytest.mark.parametrize("stack", ["dev", "prod", "local"])
def test_a_message_that_waits_longer_than_configured_raises_an_alarm(
    stacks: Mapping[str, Built], stack: str
) -> None:
    config = stack_config(stack)
    for queue in main_queues(stacks[stack]):
        service = queue.inputs["tags"]["service"]
        (alarm,) = alarms_on(stacks[stack], QueueName=queue.inputs["name"]).values()
        assert alarm.inputs["metricName"] == "ApproximateAgeOfOldestMessage"
        assert alarm.inputs["threshold"] == int(config[f"{service}:alarm_message_age_seconds"])


def test_every_queue_is_watched(shop: Built) -> None:
    watched = {alarm.inputs.get("dimensions", {}).get("QueueName") for alarm in shop.of_type(ALARM)}

    assert {queue.inputs["name"] for queue in shop.of_type(QUEUE)} == watched - {None}


@pytest.mark.parametrize("stack", ["dev", "prod", "local"])
def test_every_function_is_watched_for_errors_throttles_and_latency(
    stacks: Mapping[str, Built], stack: str
) -> None:
    built, config = stacks[stack], stack_config(stack)
    for function in built.of_type(FUNCTION):
        found = alarms_on(built, FunctionName=function.inputs["name"])
        assert set(found) - {"ConcurrentExecutions"} == {"Errors", "Throttles", "Duration"}
        assert found["Errors"].inputs["threshold"] == 0
        assert found["Throttles"].inputs["threshold"] == 0
        assert found["Duration"].inputs["extendedStatistic"] == "p99"
        service = function.inputs["tags"]["service"]
        if function.inputs["handler"] == "relay.handler.handle":
            expected = int(config["relay:timeout_seconds"]) * 500
        else:
            expected = int(config[f"{service}:alarm_latency_ms"])
        assert found["Duration"].inputs["threshold"] == expected, function.name


@pytest.mark.parametrize("stack", ["dev", "prod", "local"])
def test_the_container_api_is_watched_where_its_callers_meet_it(
    stacks: Mapping[str, Built], stack: str
) -> None:
    built = stacks[stack]
    suffix = built.named("inventory-entry-balancer").outputs["arnSuffix"]
    found = alarms_on(built, LoadBalancer=suffix)

    assert {metric: alarm.name.split("-", 2)[2] for metric, alarm in found.items()} == {
        "HTTPCode_Target_5XX_Count": "errors",
        "HTTPCode_ELB_5XX_Count": "unavailable",
        "RejectedConnectionCount": "throttles",
        "TargetResponseTime": "latency",
    }
    milliseconds = int(stack_config(stack)["inventory:alarm_latency_ms"])
    assert found["TargetResponseTime"].inputs["threshold"] == milliseconds / 1000
    assert found["TargetResponseTime"].inputs["extendedStatistic"] == "p99"


def test_every_container_service_is_watched_for_saturation(shop: Built) -> None:
    cluster = shop.named("inventory-cluster").inputs["name"]
    for service in shop.of_type("aws:ecs/service:Service"):
        found = alarms_on(shop, ClusterName=cluster, ServiceName=service.inputs["name"])
        assert set(found) == {"CPUUtilization", "MemoryUtilization"}
        assert {alarm.inputs["threshold"] for alarm in found.values()} == {85}


@pytest.mark.parametrize("stack", ["dev", "prod", "local"])
def test_every_function_with_a_limit_is_watched_for_coming_near_it(
    stacks: Mapping[str, Built], stack: str
) -> None:
    built, config = stacks[stack], stack_config(stack)
    limits = {
        f"{service}-{role}-function": [
            limit
            for limit in (
                int(config[f"{service}:{role}_concurrency_reserved"]),
                int(config[f"{service}:events_concurrency_max"]) if role == "events" else -1,
            )
            if limit > 0
        ]
        for service in ("orders", "payments", "notifications")
        for role in ("http", "events")
    }

    for function in built.of_type(FUNCTION):
        alarm = alarms_on(built, FunctionName=function.inputs["name"]).get("ConcurrentExecutions")
        if expected := limits.get(function.name):
            assert alarm is not None, function.name
            assert alarm.inputs["threshold"] == min(expected) * 0.9
            assert alarm.inputs["statistic"] == "Maximum"
        else:
            assert alarm is None, function.name


@pytest.mark.parametrize("service", ["orders", "inventory", "payments"])
def test_every_outbox_is_watched_for_events_that_wait(shop: Built, service: str) -> None:
    alarm = alarms_on(shop, service=service)["OldestUnpublishedSeconds"]

    assert alarm.inputs["namespace"] == "Storefront"
    assert alarm.inputs["statistic"] == "Maximum"
    assert alarm.inputs["threshold"] >= 180


def test_every_table_is_watched_for_throttles(shop: Built) -> None:
    for table in shop.of_type(TABLE):
        found = alarms_on(shop, TableName=table.inputs["name"])
        assert set(found) == {"ReadThrottleEvents", "WriteThrottleEvents"}, table.name


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_the_database_is_watched_for_its_capacity_and_its_connections(
    stack: str, stacks: Mapping[str, Built]
) -> None:
    built = stacks[stack]
    cluster = built.named("payments-data-cluster").inputs["clusterIdentifier"]
    found = alarms_on(built, DBClusterIdentifier=cluster)
    most = int(stack_config(stack)["payments:database_connections_max"])

    assert set(found) == {"ACUUtilization", "DatabaseConnections"}
    assert found["DatabaseConnections"].inputs["threshold"] == most * 8 // 10


def test_events_that_a_stream_gave_up_on_raise_an_alarm(shop: Built) -> None:
    for mapping in stream_mappings(shop):
        failures = mapping.inputs["destinationConfig"]["onFailure"]["destinationArn"]
        (alarm,) = alarms_on(shop, QueueName=failures.rsplit(":", 1)[1]).values()
        assert alarm.name.endswith("-relay-failures")
        assert alarm.inputs["threshold"] == 0


def test_who_is_told_of_trouble_by_the_alarms_topic_is_told_of_recovery(shop: Built) -> None:
    here = shop.named("alarms-topic").outputs["arn"]
    for alarm in (*shop.of_type(ALARM), *shop.of_type(COMPOSITE)):
        abroad = alarm.name.startswith("edge-global-")
        topic = shop.named("edge-global-alarms-topic").outputs["arn"] if abroad else here
        assert alarm.inputs["alarmActions"] in ([topic], [])[: 1 if abroad else 2], alarm.name
        assert alarm.inputs["okActions"] == alarm.inputs["alarmActions"], alarm.name


def test_every_alarm_fires_above_its_threshold_and_not_for_want_of_data(shop: Built) -> None:
    for alarm in shop.of_type(ALARM):
        said = alarm.inputs
        banded = "thresholdMetricId" in said
        expected = "LessThanLowerThreshold" if banded else "GreaterThanThreshold"
        assert said["comparisonOperator"] == expected, alarm.name
        assert said["treatMissingData"] == "notBreaching", alarm.name
        assert 1 <= said["datapointsToAlarm"] <= said["evaluationPeriods"], alarm.name
        kinds = {"statistic", "extendedStatistic", "metricQueries"} & set(said)
        assert len(kinds) == 1, alarm.name


def test_nobody_is_mailed_unless_an_address_is_configured(ready_packages: None, dev: Built) -> None:
    mailed = harness.build_stack("dev", platform__alarm_email="duty@example.com")
    subscription = mailed.named("alarms-email")

    assert subscription.inputs["topic"] == mailed.named("alarms-topic").outputs["arn"]
    assert subscription.inputs["protocol"] == "email"
    assert subscription.inputs["endpoint"] == "duty@example.com"
    assert [resource.name for resource in dev if resource.name == "alarms-email"] == []
