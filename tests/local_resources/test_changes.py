"""What changes behind the program's back is seen, and what it asks at once is done."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from local.resources import ResourceError, handler_for
from local.resources.integrations import NOWHERE
from tests.local_resources.shop import API, lead
from tests.local_resources.stack import Stack, unique

pytestmark = pytest.mark.xdist_group("ministack")

QUEUE = "aws:sqs/queue:Queue"


def test_a_value_changed_on_aws_is_read_back(stack: Stack) -> None:
    queue = stack.make(QUEUE, visibilityTimeoutSeconds=30)
    stack.cloud.client("sqs").set_queue_attributes(
        QueueUrl=queue["url"], Attributes={"VisibilityTimeout": "45"}
    )

    found = handler_for(QUEUE).read(stack.cloud, queue["id"], queue)

    assert found == {**queue, "visibilityTimeoutSeconds": 45}


def test_a_policy_in_another_writing_is_no_change(stack: Stack) -> None:
    queue = stack.make(QUEUE)
    policy = '{ "Version":"2012-10-17","Statement":[] }'
    stack.make("aws:sqs/queuePolicy:QueuePolicy", queueUrl=queue["url"], policy=policy)

    found = handler_for(QUEUE).read(stack.cloud, queue["id"], {**queue, "policy": policy})

    assert found == {**queue, "policy": policy}


def test_tags_on_aws_follow_an_update(stack: Stack) -> None:
    queue = stack.make(QUEUE, tags={"service": "orders", "tier": "1"})
    tags = {"service": "payments", "owner": "shop"}

    handler_for(QUEUE).update(stack.cloud, queue["id"], queue, {"tags": tags})

    listed = stack.cloud.client("sqs").list_queue_tags(QueueUrl=queue["url"])
    assert listed["Tags"] == tags


def test_resources_made_by_several_threads_at_once_are_all_there(stack: Stack) -> None:
    names = [unique("queue") for _ in range(24)]

    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda name: stack.make(QUEUE, name=name), names))

    assert [queue["name"] for queue in made] == names


def test_an_update_leaves_a_linked_integration_pointed_at_its_process(stack: Stack) -> None:
    kind = "aws:apigatewayv2/integration:Integration"
    listener = f"arn:aws:elasticloadbalancing:us-east-1:000000000000:listener/{unique('lb')}"
    inputs = {
        "apiId": stack.make(API, protocolType="HTTP")["id"],
        "integrationType": "HTTP_PROXY",
        "integrationMethod": "ANY",
        "connectionType": "VPC_LINK",
        "integrationUri": listener,
    }
    integration = stack.make(kind, **inputs)
    gateway = stack.cloud.client("apigatewayv2")
    where = {"ApiId": inputs["apiId"], "IntegrationId": integration["id"]}

    before = gateway.get_integration(**where)["IntegrationUri"]
    lead(stack.cloud, listener, "http://127.0.0.1:8001")
    change = {**inputs, "timeoutMilliseconds": 2000}
    state = handler_for(kind).update(stack.cloud, integration["id"], integration, change)

    assert before == NOWHERE
    assert gateway.get_integration(**where)["IntegrationUri"] == "http://127.0.0.1:8001"
    assert (state["integrationUri"], state["connectionType"]) == (listener, "VPC_LINK")


def test_a_creation_that_fails_half_way_leaves_nothing_behind(stack: Stack) -> None:
    name = unique("table")
    keyed = {"hashKey": "pk", "attributes": [{"name": "pk", "type": "S"}]}
    half = {"name": name, **keyed, "billingMode": "PAY_PER_REQUEST", "ttl": {"enabled": True}}

    with pytest.raises(ResourceError, match="attributeName"):
        handler_for("aws:dynamodb/table:Table").create(stack.cloud, "half", half)

    assert name not in stack.cloud.client("dynamodb").list_tables()["TableNames"]
