"""A WebSocket API made by the handlers reads back whole, and names the addresses that work here."""

from __future__ import annotations

from typing import Any

import pytest

from local.resources import handler_for
from tests.local_resources.stack import Stack, unique

pytestmark = pytest.mark.xdist_group("ministack")
API = "aws:apigatewayv2/api:Api"
PARTS: dict[str, dict[str, Any]] = {
    "aws:apigatewayv2/stage:Stage": {
        "name": "live",
        "autoDeploy": True,
        "defaultRouteSettings": {
            "dataTraceEnabled": False,
            "loggingLevel": "OFF",
            "throttlingBurstLimit": 100,
            "throttlingRateLimit": 50,
        },
    },
    "aws:apigatewayv2/integration:Integration": {
        "integrationType": "MOCK",
        "requestTemplates": {"200": '{"statusCode":200}'},
        "templateSelectionExpression": "200",
    },
    "aws:apigatewayv2/route:Route": {"routeKey": "$connect", "authorizationType": "NONE"},
}


@pytest.fixture
def api(stack: Stack) -> dict[str, Any]:
    """A WebSocket API."""
    made = stack.make(
        API,
        name=unique("live"),
        protocolType="WEBSOCKET",
        routeSelectionExpression="$request.body.action",
    )
    return dict(made)


def test_its_address_is_a_websocket_s(stack: Stack, api: dict[str, Any]) -> None:
    netloc = stack.cloud.endpoint.removeprefix("http://")

    assert api["apiEndpoint"] == f"ws://{netloc}/_aws/execute-api/{api['id']}"


def test_a_stage_names_where_to_connect_and_what_may_be_granted(
    stack: Stack, api: dict[str, Any]
) -> None:
    stage = stack.make("aws:apigatewayv2/stage:Stage", apiId=api["id"], name="live")

    assert stage["invokeUrl"] == f"{api['apiEndpoint']}/live"
    assert stage["executionArn"] == (
        f"arn:aws:execute-api:{stack.cloud.region}:{stack.cloud.account_id}:{api['id']}/live"
    )


@pytest.mark.parametrize("token", PARTS)
def test_a_part_reads_back_as_it_was_made(stack: Stack, api: dict[str, Any], token: str) -> None:
    inputs = {"apiId": api["id"], **PARTS[token]}
    made = stack.make(token, **inputs)

    assert {key: made[key] for key in inputs} == inputs
    assert handler_for(token).read(stack.cloud, made["id"], made) == made
