"""The WebSocket API: what it routes where, what it writes down, and who may send."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.configuration import stack_config
from tests.support.harness import Built
from tests.support.relations import environment

NAME = "notifications-live"


def routes(built: Built) -> dict[str, Any]:
    """Each route's key and target."""
    found = built.under("notifications").of_type("aws:apigatewayv2/route:Route")
    return {route.inputs["routeKey"]: route.inputs["target"] for route in found}


def statement(built: Built, role: str, sid: str) -> dict[str, Any]:
    (policy,) = [
        each
        for each in built.of_type("aws:iam/rolePolicy:RolePolicy")
        if each.name == f"notifications-{role}-policy"
    ]
    (found,) = [
        each for each in json.loads(policy.inputs["policy"])["Statement"] if each["Sid"] == sid
    ]
    return dict(found)


def test_coming_and_going_reach_the_function_and_messages_reach_nobody(shop: Built) -> None:
    function = shop.named(f"{NAME}-integration")
    nobody = shop.named(f"{NAME}-nobody")

    assert routes(shop) == {
        "$connect": f"integrations/integration-{NAME}-integration-id",
        "$disconnect": f"integrations/integration-{NAME}-integration-id",
        "$default": f"integrations/integration-{NAME}-nobody-id",
    }
    assert function.inputs["integrationType"] == "AWS_PROXY"
    assert (
        function.inputs["integrationUri"]
        == (shop.named("notifications-http-alias").outputs["invokeArn"])
    )
    assert nobody.inputs["integrationType"] == "MOCK"
    assert "integrationUri" not in nobody.inputs


def test_only_this_api_may_call_the_function_by_it(shop: Built) -> None:
    permission = shop.named(f"{NAME}-permission").inputs
    api = shop.named(f"{NAME}-api").outputs["executionArn"]

    assert permission["principal"] == "apigateway.amazonaws.com"
    assert permission["sourceArn"] == f"{api}/*"


def test_no_log_of_the_stage_can_hold_a_ticket(shop: Built) -> None:
    stage = shop.named(f"{NAME}-stage").inputs
    written = set(json.loads(stage["accessLogSettings"]["format"]).values())

    assert written == {
        "$context.requestId",
        "$context.routeKey",
        "$context.status",
        "$context.eventType",
        "$context.connectionId",
        "$context.connectedAt",
        "$context.error.message",
    }
    assert stage["defaultRouteSettings"]["dataTraceEnabled"] is False
    assert stage["defaultRouteSettings"]["loggingLevel"] == "OFF"


@pytest.mark.parametrize("stack", ["dev", "prod", "local"])
def test_the_stage_is_throttled_as_configured(stacks: dict[str, Built], stack: str) -> None:
    settings = stacks[stack].named(f"{NAME}-stage").inputs["defaultRouteSettings"]
    config = stack_config(stack)

    assert settings["throttlingRateLimit"] == int(config["notifications:live_throttle_rate"])
    assert settings["throttlingBurstLimit"] == int(config["notifications:live_throttle_burst"])


@pytest.mark.parametrize(
    ("role", "sid", "method"), [("events", "SendAlerts", "POST"), ("http", "CloseAlerts", "DELETE")]
)
def test_each_function_does_one_thing_with_connections_of_this_stage(
    shop: Built, role: str, sid: str, method: str
) -> None:
    stage = shop.named(f"{NAME}-stage").outputs["executionArn"]
    found = statement(shop, role, sid)

    assert found["Action"] == ["execute-api:ManageConnections"]
    assert found["Resource"] == [f"{stage}/{method}/@connections/*"]


def test_functions_are_told_where_connections_are(shop: Built) -> None:
    url = shop.named(f"{NAME}-stage").outputs["invokeUrl"]
    http = environment(shop.named("notifications-http-function"))
    events = environment(shop.named("notifications-events-function"))

    assert http["NOTIFICATIONS_ALERTS_URL"] == shop.outputs["alerts_url"] == url
    assert url.startswith("wss://")
    for variables in (http, events):
        assert variables["NOTIFICATIONS_CONNECTIONS_URL"] == url.replace("wss://", "https://")
    assert "NOTIFICATIONS_ALERTS_URL" not in events
