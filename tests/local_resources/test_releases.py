"""A release brings into service what is published, on the embedded AWS as on AWS."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from local.resources import Properties, handler_for
from tests.local_resources.cases.compute import FUNCTION, archive, function_inputs
from tests.local_resources.stack import Stack, unique
from tools.release import found
from tools.release.__main__ import Target, release, take_back

pytestmark = pytest.mark.xdist_group("ministack")

ALIAS = "aws:lambda/alias:Alias"
ANSWERS = """
import os
def handle(event, context):
    return {"version": os.environ["AWS_LAMBDA_FUNCTION_VERSION"], "says": "%s"}
"""


def two_versions(stack: Stack) -> Properties:
    """A function whose alias serves version 1 while 2 is published."""
    inputs = function_inputs(stack, ANSWERS % "old")
    handler = handler_for(FUNCTION)
    created = handler.create(stack.cloud, "orders", inputs)
    stack.on_close(lambda: handler.delete(stack.cloud, created.id, created.outputs))
    stack.make(ALIAS, name="live", functionName=created.outputs["name"], functionVersion="1")
    changed = {**inputs, "code": archive(stack, ANSWERS % "new")}
    return handler.update(stack.cloud, created.id, created.outputs, changed)


def ask(stack: Stack, function: Properties) -> str:
    answer = stack.cloud.client("lambda").invoke(FunctionName=function["name"], Qualifier="live")
    said = json.loads(answer["Payload"].read())
    assert said["says"] == {"1": "old", "2": "new"}[said["version"]]
    return str(said["version"])


def target(stack: Stack, prefix: str) -> Target:
    return Target(clients=stack.cloud.client, prefix=prefix, application="", hook="")


def test_an_alias_with_weights_sends_calls_to_both_versions(stack: Stack) -> None:
    function = two_versions(stack)
    stack.cloud.client("lambda").update_alias(
        FunctionName=function["name"],
        Name="live",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}},
    )

    assert set(Counter(ask(stack, function) for _ in range(40))) == {"1", "2"}


def test_a_release_moves_a_function_to_its_newest_version_and_back(stack: Stack) -> None:
    function = two_versions(stack)
    name = function["name"]
    there = target(stack, name)
    assert ask(stack, function) == "1"

    assert list(release(there)) == [f"{name} 1 -> 2"]
    assert ask(stack, function) == "2"
    assert list(release(there)) == []

    assert list(take_back(there)) == [f"{name} 2 -> 1"]
    assert ask(stack, function) == "1"
    assert list(take_back(there)) == []


def test_a_rollout_that_is_under_way_is_taken_back_to_what_served(stack: Stack) -> None:
    function = two_versions(stack)
    stack.cloud.client("lambda").update_alias(
        FunctionName=function["name"],
        Name="live",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.9}},
    )

    assert list(take_back(target(stack, function["name"]))) == [f"{function['name']} 1 -> 1"]
    (now,) = found.functions(stack.cloud.client, function["name"])
    assert (now.serving, now.shifting) == (1, False)
    assert {ask(stack, function) for _ in range(10)} == {"1"}


def test_a_function_without_the_alias_is_left_alone(stack: Stack) -> None:
    function = stack.make(FUNCTION, **function_inputs(stack, ANSWERS % "old"))

    assert list(release(target(stack, function["name"]))) == []


def test_a_release_moves_a_service_to_its_newest_task_definition_and_back(stack: Stack) -> None:
    family = unique("family")
    cluster = stack.make("aws:ecs/cluster:Cluster", name=unique("cluster"))
    first = task_definition(stack, family, "1")
    name = unique("service")
    stack.make(
        "aws:ecs/service:Service",
        name=name,
        cluster=cluster["arn"],
        taskDefinition=first["arn"],
        desiredCount=0,
    )
    second = task_definition(stack, family, "2")
    task_definition(stack, f"{family}-of-another", "3")
    there = target(stack, name)

    assert list(release(there)) == [f"{name} 1 -> 2"]
    assert [each.serving for each in found.services(there.clients, name)] == [second["arn"]]
    assert list(release(there)) == []
    assert list(take_back(there)) == [f"{name} 2 -> 1"]
    assert [each.serving for each in found.services(there.clients, name)] == [first["arn"]]


def test_a_task_definition_that_the_program_keeps_outlives_its_replacement(stack: Stack) -> None:
    kept = task_definition(stack, unique("kept"), "1")
    handler = handler_for("aws:ecs/taskDefinition:TaskDefinition")

    handler.delete(stack.cloud, kept["id"], {**kept, "skipDestroy": True})

    assert handler.read(stack.cloud, kept["id"], kept) is not None


def task_definition(stack: Stack, family: str, image: str) -> Properties:
    return stack.make(
        "aws:ecs/taskDefinition:TaskDefinition",
        family=family,
        containerDefinitions=json.dumps([{"name": "api", "image": f"inventory:{image}"}]),
    )
