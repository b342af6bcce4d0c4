"""Queues, dead letters, subscriptions and what runs on messages and stream records."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from tests.support.configuration import stack_config
from tests.support.harness import Built
from tests.support.iam import allows
from tests.support.relations import (
    FUNCTION,
    QUEUE,
    SERVICES,
    TABLE,
    behind,
    called,
    main_queues,
    queue_mappings,
    statements,
    stream_mappings,
)

CONSUMED = {
    "orders": [
        "OrderCancelled",
        "OrderConfirmed",
        "PaymentCaptured",
        "PaymentDeclined",
        "PaymentRefunded",
        "ProductChanged",
        "StockRejected",
        "StockReleased",
        "StockReserved",
    ],
    "payments": ["OrderCancelled", "OrderPlaced", "StockRejected", "StockReserved"],
    "inventory": ["OrderCancelled", "OrderConfirmed", "OrderPlaced"],
    "notifications": [
        "OrderCancelled",
        "OrderConfirmed",
        "OrderPlaced",
        "PaymentDeclined",
        "PaymentRefunded",
        "StockRejected",
    ],
}
DAY = 24 * 60 * 60
RULE = "aws:cloudwatch/eventRule:EventRule"


def test_every_service_has_one_queue_with_dead_letters(shop: Built) -> None:
    assert sorted(queue.name for queue in main_queues(shop)) == sorted(
        f"{service}-events-queue" for service in SERVICES
    )


def test_a_queue_gives_up_to_dead_letters_that_wait_longer_and_take_from_it_alone(
    shop: Built,
) -> None:
    allowances = {
        allowance.inputs["queueUrl"]: json.loads(allowance.inputs["redriveAllowPolicy"])
        for allowance in shop.of_type("aws:sqs/redriveAllowPolicy:RedriveAllowPolicy")
    }
    for queue in main_queues(shop):
        dead = behind(shop, json.loads(queue.inputs["redrivePolicy"])["deadLetterTargetArn"])
        assert dead.type == QUEUE
        assert dead.parent == queue.parent
        assert dead.name == queue.name.removesuffix("queue") + "dead-letters"
        assert dead.inputs["messageRetentionSeconds"] == 14 * DAY
        assert queue.inputs["messageRetentionSeconds"] == 4 * DAY
        assert allowances[dead.outputs["url"]] == {
            "redrivePermission": "byQueue",
            "sourceQueueArns": [queue.outputs["arn"]],
        }


@pytest.mark.parametrize("stack", ["dev", "prod", "local"])
def test_a_queue_gives_up_after_as_many_deliveries_as_configured(
    stacks: Mapping[str, Built], stack: str
) -> None:
    config = stack_config(stack)
    for queue in main_queues(stacks[stack]):
        service = queue.inputs["tags"]["service"]
        receives = json.loads(queue.inputs["redrivePolicy"])["maxReceiveCount"]
        assert receives == int(config[f"{service}:queue_max_receives"])


def test_a_message_stays_hidden_six_times_as_long_as_its_function_may_run(shop: Built) -> None:
    for mapping in queue_mappings(shop):
        queue = behind(shop, mapping.inputs["eventSourceArn"])
        function = called(shop, mapping.inputs["functionName"])
        assert queue.inputs["visibilityTimeoutSeconds"] >= 6 * function.inputs["timeout"]


def test_a_message_stays_hidden_from_the_worker_as_long_as_configured(
    stacks: Mapping[str, Built],
) -> None:
    for stack, built in stacks.items():
        queue = built.named("inventory-events-queue")
        assert queue.inputs["visibilityTimeoutSeconds"] == int(
            stack_config(stack)["inventory:visibility_timeout_seconds"]
        )


def test_every_queue_is_encrypted_by_a_key_or_by_sqs_and_not_by_both(shop: Built) -> None:
    for queue in shop.of_type(QUEUE):
        managed = queue.inputs.get("sqsManagedSseEnabled") is True
        assert managed is not ("kmsMasterKeyId" in queue.inputs), queue.name


def test_a_subscription_delivers_exactly_the_consumed_events_raw_to_the_services_queue(
    shop: Built,
) -> None:
    events = shop.named("events-topic").outputs["arn"]
    found = {}
    for subscription in shop.of_type("aws:sns/topicSubscription:TopicSubscription"):
        queue = behind(shop, subscription.inputs["endpoint"])
        assert queue in main_queues(shop)
        assert subscription.inputs["topic"] == events
        assert subscription.inputs["protocol"] == "sqs"
        assert subscription.inputs["rawMessageDelivery"] is True
        assert "filterPolicyScope" not in subscription.inputs, "attributes are the default"
        found[queue.inputs["tags"]["service"]] = json.loads(subscription.inputs["filterPolicy"])

    assert found == {service: {"type": types} for service, types in CONSUMED.items()}


def test_only_the_events_topic_may_send_to_a_services_queue(shop: Built) -> None:
    policies = {
        policy.inputs["queueUrl"]: policy
        for policy in shop.of_type("aws:sqs/queuePolicy:QueuePolicy")
    }
    for queue in main_queues(shop):
        assert statements(policies[queue.outputs["url"]]) == [
            {
                "Sid": "TopicMaySend",
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": queue.outputs["arn"],
                "Condition": {
                    "ArnEquals": {"aws:SourceArn": shop.named("events-topic").outputs["arn"]}
                },
            }
        ]


def test_what_a_topic_cannot_deliver_goes_to_the_dead_letters_of_the_queue(shop: Built) -> None:
    for subscription in shop.of_type("aws:sns/topicSubscription:TopicSubscription"):
        queue = behind(shop, subscription.inputs["endpoint"])
        redrive = json.loads(subscription.inputs["redrivePolicy"])
        dead = json.loads(queue.inputs["redrivePolicy"])["deadLetterTargetArn"]
        assert redrive == {"deadLetterTargetArn": dead}
        assert may_send(shop, dead, "sns.amazonaws.com", subscription.inputs["topic"])
        assert not may_send(shop, dead, "sns.amazonaws.com", f"{subscription.inputs['topic']}-a")


def test_a_run_that_a_rule_cannot_start_goes_to_the_dead_letters_of_its_service(
    shop: Built,
) -> None:
    rules = {rule.inputs["name"]: rule for rule in shop.of_type(RULE)}
    targets = shop.of_type("aws:cloudwatch/eventTarget:EventTarget")
    assert len(targets) == len(rules)
    for target in targets:
        rule = rules[target.inputs["rule"]]
        dead = target.inputs["deadLetterConfig"]["arn"]
        service = rule.inputs["tags"]["service"]
        assert behind(shop, dead).name == f"{service}-events-dead-letters"
        assert may_send(shop, dead, "events.amazonaws.com", rule.outputs["arn"])
        other = rule.outputs["arn"].replace(f"-{service}-", "-other-")
        assert not may_send(shop, dead, "events.amazonaws.com", other)


def may_send(shop: Built, queue_arn: str, service: str, source_arn: str) -> bool:
    url = behind(shop, queue_arn).outputs["url"]
    (policy,) = [
        policy
        for policy in shop.of_type("aws:sqs/queuePolicy:QueuePolicy")
        if policy.inputs["queueUrl"] == url
    ]
    own = [entry for entry in statements(policy) if entry["Principal"] == {"Service": service}]
    context = {"aws:SourceArn": source_arn}
    return allows({"Statement": own}, "sqs:SendMessage", queue_arn, context)


def test_nothing_is_delivered_before_the_queue_may_be_sent_to(shop: Built) -> None:
    for service in SERVICES:
        policy = next(
            resource
            for resource in shop.of_type("aws:sqs/queuePolicy:QueuePolicy")
            if resource.name == f"{service}-events-policy"
        )
        subscription = shop.named(f"{service}-events-subscription")
        assert policy.urn in subscription.dependencies


@pytest.mark.parametrize("stack", ["dev", "prod", "local"])
def test_a_queue_feeds_its_services_events_function_in_batches_that_fail_in_part(
    stacks: Mapping[str, Built], stack: str
) -> None:
    built, config = stacks[stack], stack_config(stack)
    mappings = {
        called(built, mapping.inputs["functionName"]).name: mapping
        for mapping in queue_mappings(built)
    }

    assert set(mappings) == {
        f"{service}-events-function" for service in ("orders", "payments", "notifications")
    }
    for name, mapping in mappings.items():
        service = name.split("-")[0]
        queue = behind(built, mapping.inputs["eventSourceArn"])
        assert queue.name == f"{service}-events-queue"
        assert mapping.inputs["functionResponseTypes"] == ["ReportBatchItemFailures"]
        assert mapping.inputs["batchSize"] == (1 if service == "payments" else 10)
        assert mapping.inputs["scalingConfig"] == {
            "maximumConcurrency": int(config[f"{service}:events_concurrency_max"])
        }


def test_every_outbox_is_relayed_from_its_stream(shop: Built) -> None:
    relayed = {
        table.name
        for mapping in stream_mappings(shop)
        for table in shop.of_type(TABLE)
        if table.outputs["streamArn"] == mapping.inputs["eventSourceArn"]
    }
    outboxes = {
        table.name
        for table in shop.of_type(TABLE)
        for index in table.inputs.get("globalSecondaryIndexes", [])
        if index["name"] == "unpublished"
    }

    assert relayed == outboxes == {"orders-data-table", "inventory-data-table"}


def test_a_relay_takes_new_outbox_items_alone_from_the_very_first_and_never_half_a_batch(
    shop: Built,
) -> None:
    for mapping in stream_mappings(shop):
        (chosen,) = mapping.inputs["filterCriteria"]["filters"]
        assert json.loads(chosen["pattern"]) == {
            "eventName": ["INSERT"],
            "dynamodb": {"NewImage": {"kind": {"S": ["outbox"]}}},
        }
        assert mapping.inputs["startingPosition"] == "TRIM_HORIZON"
        assert "functionResponseTypes" not in mapping.inputs
        assert "bisectBatchOnFunctionError" not in mapping.inputs


def test_a_relay_retries_for_hours_and_names_what_it_gave_up_on(shop: Built) -> None:
    for mapping in stream_mappings(shop):
        relay = called(shop, mapping.inputs["functionName"])
        failures = behind(shop, mapping.inputs["destinationConfig"]["onFailure"]["destinationArn"])
        assert relay.type == FUNCTION
        assert mapping.inputs["maximumRetryAttempts"] == 100
        assert mapping.inputs["maximumRecordAgeInSeconds"] == 6 * 60 * 60
        assert failures.type == QUEUE
        assert failures.parent == mapping.parent
        assert failures.inputs["messageRetentionSeconds"] == 14 * DAY


def test_a_mapping_is_not_created_before_its_function_may_read(shop: Built) -> None:
    for mapping in (*queue_mappings(shop), *stream_mappings(shop)):
        function = called(shop, mapping.inputs["functionName"])
        policy = next(
            resource
            for resource in shop.of_type("aws:iam/rolePolicy:RolePolicy")
            if resource.parent == function.parent
        )
        assert policy.urn in mapping.dependencies, mapping.name
