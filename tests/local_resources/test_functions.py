"""Functions run with the code, the configuration and the triggers they were given."""

from __future__ import annotations

import json

import pytest

from local.resources import Properties, ResourceError, handler_for
from tests.local_resources.cases.compute import FUNCTION, archive, function_inputs
from tests.local_resources.stack import Stack, unique

pytestmark = pytest.mark.xdist_group("ministack")

INVOCATION = "aws:lambda/invocation:Invocation"
COUNTING = """
import os, pathlib
def handle(event, context):
    return {"answer": os.environ["ORDERS_TABLE_NAME"], "event": event}
"""
FAILING = "def handle(event, context):\n    raise ValueError('the ledger is closed')\n"


def _run(stack: Stack, function: Properties, **event: object) -> object:
    text = json.dumps(event)
    invoked = stack.make(INVOCATION, functionName=function["name"], input=text)
    return json.loads(invoked["result"])


def test_an_invocation_gives_what_the_function_answered(stack: Stack) -> None:
    function = stack.make(FUNCTION, **function_inputs(stack, COUNTING))

    assert _run(stack, function, order=1) == {"answer": "orders", "event": {"order": 1}}


def test_a_function_that_fails_fails_the_creation_with_its_own_error(stack: Stack) -> None:
    function = stack.make(FUNCTION, **function_inputs(stack, FAILING))

    with pytest.raises(ResourceError) as caught:
        _run(stack, function)

    assert function["name"] in str(caught.value)
    assert "the ledger is closed" in str(caught.value)


def test_an_update_of_an_invocation_does_not_call_the_function(stack: Stack) -> None:
    function = stack.make(FUNCTION, **function_inputs(stack))
    handler = handler_for(INVOCATION)
    inputs = {"functionName": function["name"], "input": "{}", "triggers": {"code": "1"}}
    created = handler.create(stack.cloud, "seed", inputs)
    before = {**created.outputs, "result": "untouched"}

    state = handler.update(stack.cloud, created.id, before, {**inputs, "terraformKey": "x"})

    assert state["result"] == "untouched"
    assert {"input", "triggers"} <= handler.replace_on


def test_new_code_is_uploaded_published_and_run(stack: Stack) -> None:
    inputs = function_inputs(stack, FAILING)
    handler = handler_for(FUNCTION)
    created = handler.create(stack.cloud, "orders", inputs)
    stack.on_close(lambda: handler.delete(stack.cloud, created.id, created.outputs))

    changed = {**inputs, "code": archive(stack, COUNTING)}
    state = handler.update(stack.cloud, created.id, created.outputs, changed)

    assert state["version"] == "2"
    assert state["codeSha256"] != created.outputs["codeSha256"]
    assert _run(stack, state) == {"answer": "orders", "event": {}}


def test_an_unchanged_function_publishes_no_new_version(stack: Stack) -> None:
    inputs = function_inputs(stack)
    handler = handler_for(FUNCTION)
    created = handler.create(stack.cloud, "orders", inputs)
    stack.on_close(lambda: handler.delete(stack.cloud, created.id, created.outputs))

    state = handler.update(stack.cloud, created.id, created.outputs, inputs)

    assert state["version"] == created.outputs["version"] == "1"


def test_code_that_is_no_zip_file_is_refused(stack: Stack) -> None:
    inputs = {**function_inputs(stack), "code": None}

    with pytest.raises(ResourceError, match="no zip file"):
        stack.make(FUNCTION, **inputs)


def test_a_source_that_the_functions_role_may_not_read_is_refused_as_aws_does(
    stack: Stack,
) -> None:
    function = stack.make(FUNCTION, **function_inputs(stack))
    queue = stack.make("aws:sqs/queue:Queue", name=unique("queue"))
    role = function["role"].rpartition("/")[2]
    document = {"Effect": "Deny", "Action": "sqs:ReceiveMessage", "Resource": "*"}
    denied = json.dumps({"Version": "2012-10-17", "Statement": [document]})
    stack.make("aws:iam/rolePolicy:RolePolicy", name="deny", role=role, policy=denied)

    with pytest.raises(ResourceError, match=rf"assumed-role/{role}/.*perform: sqs:ReceiveMessage"):
        stack.make(
            "aws:lambda/eventSourceMapping:EventSourceMapping",
            functionName=function["name"],
            eventSourceArn=queue["arn"],
        )
