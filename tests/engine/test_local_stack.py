"""The local stack through its life, as a user types it."""

from __future__ import annotations

import json
from collections.abc import Callable

from local.http import Caller
from local.opened import OpenShop, open_shop
from tests.engine.conftest import RunningCloud
from tests.local.customers import eventually, order_body, place
from tests.support.engine import Project

Start = Callable[[str], RunningCloud]


def sell(shop: OpenShop) -> None:
    """An order travels through API, tables, topic, queues, functions, container and ledger."""
    with Caller(shop.base_url, shop.tokens.alice) as alice:
        order = f"/orders/{place(alice, order_body('mug', 2))}"
        eventually(
            lambda: alice.send("GET", order)[1]["status"] == "CONFIRMED",
            "the order is confirmed",
            seconds=30,
        )


def secrets_of(cloud: RunningCloud) -> list[str]:
    """Everything in the cloud that only its owner may know."""
    cognito = cloud.aws.client("cognito-idp")
    found = []
    for pool in cognito.list_user_pools(MaxResults=50)["UserPools"]:
        for client in cognito.list_user_pool_clients(UserPoolId=pool["Id"])["UserPoolClients"]:
            described = cognito.describe_user_pool_client(
                UserPoolId=pool["Id"], ClientId=client["ClientId"]
            )["UserPoolClient"]
            found.append(described.get("ClientSecret"))
    manager = cloud.aws.client("secretsmanager")
    for secret in manager.list_secrets()["SecretList"]:
        held = manager.get_secret_value(SecretId=secret["ARN"])["SecretString"]
        found.append(json.loads(held)["password"] if held.startswith("{") else held)
    return [secret for secret in found if secret]


def test_the_local_stack_lives_from_up_to_destroy(
    start_cloud: Start, project: Callable[..., Project]
) -> None:
    cloud = start_cloud("us-east-1")
    stack = project("local", cloud=cloud.file)

    created = stack.up()
    assert {step.op for step in created.steps if step.name != "network-vpc"} == {"create"}
    assert "recorded, not created" in created.output
    sell(open_shop(cloud.aws, stack.outputs()))

    unchanged = stack.preview()
    assert unchanged.changes() == set()

    shown = [created.output, unchanged.output, json.dumps(stack.state())]
    shown += [log.read_text() for log in stack.directory.glob("events-*.json")]
    shown.append(stack.pulumi("stack", "output").output)
    secrets = secrets_of(cloud)
    assert len(secrets) == 3
    assert [secret for secret in secrets for text in shown if secret in text] == []

    stack.configure("orders:deadline_seconds", "240")
    assert stack.up().changes() == {
        ("update", f"orders-{role}-function") for role in ("http", "events", "sweep")
    }

    cloud.aws.client("sqs").delete_queue(
        QueueUrl=cloud.aws.client("sqs").get_queue_url(
            QueueName="storefront-local-notifications-events"
        )["QueueUrl"]
    )
    gone = stack.refresh().changes()
    assert ("delete", "notifications-events-queue") in gone
    restored = stack.up().changes()
    assert {("create", name) for op, name in gone if op == "delete"} == restored
    assert stack.preview().changes() == set()
    sell(open_shop(cloud.aws, stack.outputs()))

    stack.destroy()
    assert cloud.contents() == cloud.empty
