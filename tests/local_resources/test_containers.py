"""The embedded ECS and its load balancers give back all that the agent needs."""

from __future__ import annotations

import pytest

from local.ecs import Ecs, Task
from local.resources import Cloud, handler_for
from local.resources.integrations import NOWHERE, linked_integrations
from local.routes import Routes
from tests.local_resources.cases.containers import service_inputs
from tests.local_resources.cases.network import LISTENER, listener_inputs
from tests.local_resources.shop import API
from tests.local_resources.stack import Stack

pytestmark = pytest.mark.xdist_group("ministack")
SERVICE = "aws:ecs/service:Service"
_DEAD, _ALIVE = "http://127.0.0.1:8001", "http://127.0.0.1:8002"


def _wanted(cloud: Cloud, service: str) -> list[Task]:
    return [task for task in Ecs(cloud).wanted() if task.service == service]


def test_a_container_is_read_back_as_its_program_wrote_it(stack: Stack) -> None:
    given = service_inputs(stack)

    service = stack.make(SERVICE, **{**given, "desiredCount": 2})

    first, second = _wanted(stack.cloud, given["name"])
    assert first == second
    assert (first.service_arn, first.definition_arn) == (service["arn"], given["taskDefinition"])
    assert (first.container, first.container_port) == ("api", 8000)
    assert first.image == "local/inventory@sha256:" + "0" * 64
    assert first.command == ("python", "-m", "inventory.api")
    assert first.environment == {"INVENTORY_PORT": "8000"}
    assert first.role_arn is not None and ":role/role-" in first.role_arn
    assert first.registry_arn == given["serviceRegistries"]["registryArn"]
    assert first.target_group_arn == given["loadBalancers"][0]["targetGroupArn"]


def test_nothing_is_wanted_of_a_service_that_was_scaled_to_zero_or_deleted(stack: Stack) -> None:
    given = service_inputs(stack)
    handler = handler_for(SERVICE)
    state = stack.make(SERVICE, **given)

    scaled = handler.update(stack.cloud, state["arn"], state, {**given, "desiredCount": 0})
    none = _wanted(stack.cloud, given["name"])
    handler.update(stack.cloud, state["arn"], scaled, given)
    one = _wanted(stack.cloud, given["name"])
    handler.delete(stack.cloud, state["arn"], state)

    assert (len(none), len(one)) == (0, 1)
    assert _wanted(stack.cloud, given["name"]) == []


def test_a_vpc_link_leads_to_a_healthy_process_of_the_listeners_target_group(
    stack: Stack,
) -> None:
    given = listener_inputs(stack)
    group = given["defaultActions"][0]["forward"]["targetGroups"][0]["arn"]
    listener = stack.make(LISTENER, **given)["arn"]
    _link(stack, listener)
    routes, seen = Routes(stack.cloud), []

    for urls in ([], [_DEAD, _ALIVE], [_ALIVE, _DEAD], [_ALIVE], []):
        routes.follow({group: urls, "another": ["http://127.0.0.1:8003"]})
        seen += [
            link.url for link in linked_integrations(stack.cloud) if link.listener_arn == listener
        ]

    assert seen == [NOWHERE, _DEAD, _DEAD, _ALIVE, NOWHERE]


def test_a_vpc_link_to_a_listener_that_is_gone_leads_nowhere(stack: Stack) -> None:
    given = listener_inputs(stack)
    group = given["defaultActions"][0]["forward"]["targetGroups"][0]["arn"]
    state = stack.make(LISTENER, **given)
    _link(stack, state["arn"])
    routes = Routes(stack.cloud)
    routes.follow({group: [_ALIVE]})

    handler_for(LISTENER).delete(stack.cloud, state["arn"], state)
    routes.follow({group: [_ALIVE]})

    links = linked_integrations(stack.cloud)
    assert [link.url for link in links if link.listener_arn == state["arn"]] == [NOWHERE]


def _link(stack: Stack, listener: str) -> None:
    stack.make(
        "aws:apigatewayv2/integration:Integration",
        apiId=stack.make(API, protocolType="HTTP")["id"],
        integrationType="HTTP_PROXY",
        integrationMethod="ANY",
        connectionType="VPC_LINK",
        integrationUri=listener,
    )
