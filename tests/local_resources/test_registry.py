"""Which types and functions are known, and how failures read."""

from __future__ import annotations

import re

import pytest

from local.resources import (
    Cloud,
    ResourceError,
    UnhandledTypeError,
    handler_for,
    handlers,
    invoke,
)
from local.resources.recorded import HANDLERS as RECORDED
from tests.local_resources.stack import Stack, unique

pytestmark = pytest.mark.xdist_group("ministack")

PREFIX_LIST = "aws:ec2/getManagedPrefixList:getManagedPrefixList"
TOPIC = "aws:sns/topic:Topic"


def test_an_unknown_type_is_named_with_what_to_do() -> None:
    with pytest.raises(UnhandledTypeError) as caught:
        handler_for("aws:mq/broker:Broker")

    assert "'aws:mq/broker:Broker'" in str(caught.value)
    assert "local/resources/registry.py" in str(caught.value)


def test_an_unknown_provider_function_is_named(cloud: Cloud) -> None:
    with pytest.raises(UnhandledTypeError, match="aws:ec2/getAmi:getAmi"):
        invoke(cloud, "aws:ec2/getAmi:getAmi", {})


@pytest.mark.parametrize(
    ("token", "name", "expected"),
    [
        ("aws:index/getCallerIdentity:getCallerIdentity", "accountId", "000000000000"),
        ("aws:index/getRegion:getRegion", "region", "us-east-1"),
        ("aws:index/getPartition:getPartition", "partition", "aws"),
        (
            "aws:index/getAvailabilityZones:getAvailabilityZones",
            "names",
            ["us-east-1a", "us-east-1b", "us-east-1c"],
        ),
    ],
)
def test_a_provider_function_answers_for_this_cloud(
    cloud: Cloud, token: str, name: str, expected: object
) -> None:
    assert invoke(cloud, token, {"given": 1}).items() >= {"given": 1, name: expected}.items()


def test_each_prefix_list_that_aws_keeps_has_an_id_of_its_own(cloud: Cloud) -> None:
    first, second, again = (
        invoke(cloud, PREFIX_LIST, {"name": name})["id"] for name in ("lattice", "s3", "lattice")
    )

    assert first == again
    assert first != second
    assert re.fullmatch(r"pl-[0-9a-f]{17}", first)


def test_the_caller_is_the_account_that_the_embedded_aws_serves(cloud: Cloud) -> None:
    identity = cloud.client("sts").get_caller_identity()

    answer = invoke(cloud, "aws:index/getCallerIdentity:getCallerIdentity", {})

    assert answer["accountId"] == identity["Account"]


@pytest.mark.parametrize(
    "endpoint", ["https://sqs.us-east-1.amazonaws.com", "http://10.0.0.1:4566", "http://[::2]:1"]
)
def test_an_endpoint_beyond_this_machine_is_refused(endpoint: str) -> None:
    with pytest.raises(ValueError, match="not on loopback"):
        Cloud(endpoint=endpoint, region="us-east-1", account_id="000000000000")


def test_threads_share_one_client_per_service(cloud: Cloud) -> None:
    assert cloud.client("sqs") is cloud.client("sqs")


def test_a_refusal_names_type_resource_code_and_remedy(stack: Stack) -> None:
    policy = {"policy": "{}", "arn": "arn:aws:sns:us-east-1:000000000000:nowhere"}

    with pytest.raises(ResourceError) as caught:
        stack.make("aws:sns/topicPolicy:TopicPolicy", **policy)

    message = str(caught.value)
    assert message.startswith("cannot create aws:sns/topicPolicy:TopicPolicy 'made-")
    assert "SetTopicAttributes answered NotFound" in message
    assert message.endswith("Correct the resource's inputs in its component.")


def test_a_missing_input_is_named(stack: Stack) -> None:
    with pytest.raises(ResourceError, match="property 'queueUrl' is missing"):
        stack.make("aws:sqs/queuePolicy:QueuePolicy", policy="{}")


@pytest.mark.parametrize(
    ("resource_type", "inputs"),
    [
        (TOPIC, {"name": "topic", "displayNme": "Shop"}),
        ("aws:iam/role:Role", {"name": "role", "assumeRolePolicy": "{}", "displayNme": "Shop"}),
        ("aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/16", "displayNme": "Shop"}),
        ("aws:s3/bucket:Bucket", {"bucket": "storefront-misspelt", "displayNme": "Shop"}),
        ("aws:appautoscaling/target:Target", {"displayNme": "Shop"}),
    ],
)
def test_a_misspelt_property_is_refused_and_never_dropped(
    stack: Stack, resource_type: str, inputs: dict[str, object]
) -> None:
    with pytest.raises(ResourceError, match="displayNme"):
        stack.make(resource_type, **inputs)


def test_a_resource_without_a_name_gets_its_logical_name_and_seven_digits(stack: Stack) -> None:
    name = stack.make("aws:sqs/queue:Queue")["name"]

    logical, _, digits = name.rpartition("-")
    assert logical.startswith("made-")
    assert len(digits) == 7
    assert int(digits, 16) >= 0


def test_a_generated_name_survives_an_update(stack: Stack) -> None:
    handler = handler_for(TOPIC)
    created = handler.create(stack.cloud, unique("topic"), {})
    stack.on_close(lambda: handler.delete(stack.cloud, created.id, created.outputs))

    state = handler.update(stack.cloud, created.id, created.outputs, {"displayName": "Shop"})

    assert state["name"] == created.outputs["name"]


def test_the_recorded_types_are_the_ones_on_the_reviewed_list_each_with_a_reason() -> None:
    recorded = {token for token, handler in handlers().items() if handler.recorded}

    assert recorded == {handler.type_token for handler in RECORDED}
    assert [handler.type_token for handler in RECORDED if not handler.reason] == []


def test_a_recorded_request_that_aws_would_refuse_is_refused(stack: Stack) -> None:
    with pytest.raises(ResourceError, match=r'Missing required parameter.*"ResourceId"'):
        stack.make(
            "aws:appautoscaling/target:Target",
            serviceNamespace="ecs",
            scalableDimension="ecs:service:DesiredCount",
        )
