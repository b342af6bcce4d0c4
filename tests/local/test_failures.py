"""Answers that do not come, processes that die, and what IAM forbids."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local.http import Caller
from local.shop import Shop
from tests.local.customers import (
    available,
    eventually,
    follow,
    new_product,
    order_body,
    place,
    read,
    steps,
)

pytestmark = pytest.mark.xdist_group("local")
_LONG_AGO = "2020-01-01T00:00:00.000Z"


def test_a_payment_without_an_answer_is_reconciled_and_not_charged_again(
    shop: Shop, alice: Caller
) -> None:
    product = new_product(shop, pieces=1)
    order = place(alice, order_body(product, payment_token="tok_timeout"))  # noqa: S106 - as it says
    eventually(lambda: _payment(alice, order) in ("UNKNOWN", "CAPTURED"), "the outcome is unknown")

    shop.invoke("payments-sweep")
    follow(alice, order, "CONFIRMED", "PaymentCaptured", "OrderConfirmed")

    assert steps(alice, order).count("PaymentCaptured") == 1


def test_an_order_that_nobody_answers_is_cancelled_by_its_deadline(
    shop: Shop, alice: Caller
) -> None:
    product = new_product(shop, pieces=1)
    with _stopped(shop, "worker"):
        order = place(alice, order_body(product))
        _let_deadline_pass(shop, order)

        shop.invoke("orders-sweep")
        follow(alice, order, "CANCELLED", "OrderCancelled")

    assert read(alice, f"/orders/{order}")["cancel_reason"] == "deadline"
    eventually(lambda: shop.queued_messages() == 0, "inventory has caught up")
    assert available(alice, product) == 1
    assert "PaymentCaptured" not in steps(alice, order)


def test_a_killed_container_starts_again(shop: Shop, alice: Caller) -> None:
    api = shop.process("api")
    killed, restarts = api.pid, api.restarts

    os.kill(killed, signal.SIGKILL)
    eventually(lambda: api.restarts == restarts + 1 and api.alive, "the API runs again")
    eventually(lambda: alice.send("GET", "/products/mug")[0] == 200, "the API answers")

    assert api.pid != killed


def test_orders_are_taken_while_inventory_does_not_answer(shop: Shop, alice: Caller) -> None:
    product = new_product(shop, pieces=1)
    with _stopped(shop, "api"):
        order = place(alice, order_body(product))

    follow(alice, order, "CONFIRMED", "OrderConfirmed")


@pytest.mark.parametrize(
    ("service", "operation", "request_"),
    [
        ("dynamodb", "delete_table", {"TableName": "{orders_table_name}"}),
        ("dynamodb", "scan", {"TableName": "{orders_table_name}"}),
        ("dynamodb", "get_item", {"TableName": "{inventory_table_name}", "Key": {}}),
        ("secretsmanager", "list_secrets", {}),
        ("sns", "list_topics", {}),
    ],
)
def test_a_function_cannot_do_what_it_was_not_granted(
    shop: Shop, service: str, operation: str, request_: dict[str, Any]
) -> None:
    client = _as_role(shop, "orders-http-role", service)
    given = {
        key: value.format(**shop.deployment.outputs) if isinstance(value, str) else value
        for key, value in request_.items()
    }

    with pytest.raises(ClientError, match="is not authorized to perform"):
        getattr(client, operation)(**given)


def test_a_function_can_do_what_it_was_granted(shop: Shop) -> None:
    client = _as_role(shop, "orders-http-role", "dynamodb")
    key = {"pk": {"S": "ORDER#none"}, "sk": {"S": "ORDER"}}

    answer = client.get_item(TableName=shop.deployment.output("orders_table_name"), Key=key)

    assert "Item" not in answer


def test_nothing_was_refused_to_any_service(shop: Shop, alice: Caller) -> None:
    order = place(alice, order_body(new_product(shop, pieces=1)))
    follow(alice, order, "CONFIRMED", "OrderConfirmed")

    assert shop.refused() == ""


@contextmanager
def _stopped(shop: Shop, service: str) -> Iterator[None]:
    """The container does nothing during the block."""
    pid = shop.process(service).pid
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def _let_deadline_pass(shop: Shop, order: str) -> None:
    shop.cloud.client("dynamodb").update_item(
        TableName=shop.deployment.output("orders_table_name"),
        Key={"pk": {"S": f"ORDER#{order}"}, "sk": {"S": "ORDER"}},
        UpdateExpression="SET deadline_at = :past",
        ConditionExpression="attribute_exists(pk)",
        ExpressionAttributeValues={":past": {"S": _LONG_AGO}},
    )


def _payment(customer: Caller, order: str) -> str | None:
    status, answer = customer.send("GET", f"/payments/{order}")
    return str(answer["status"]) if status == 200 else None


def _as_role(shop: Shop, name: str, service: str) -> Any:
    """A client with the credentials of a role, by its logical name."""
    session = shop.cloud.client("sts").assume_role(
        RoleArn=shop.deployment.named(name).outputs["arn"], RoleSessionName="test"
    )["Credentials"]
    return boto3.client(
        service,
        endpoint_url=shop.cloud.endpoint,
        region_name=shop.cloud.region,
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    )
