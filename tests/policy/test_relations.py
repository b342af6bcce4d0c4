"""How a stack's resources are found from one another."""

from __future__ import annotations

from policy.reading import Reader
from policy.rule import Resource, Stack
from policy.rules.types import EVENT_SOURCE, FUNCTION, QUEUE
from tests.policy import direct, fixtures, resources

_QUEUES = "arn:aws:sqs:eu-west-1:123456789012"


def resource(token: str, name: str, **depends_on: str) -> Resource:
    return Resource(
        type=token,
        urn=f"urn:pulumi:prod::shop::{token}::{name}",
        props=Reader({}),
        depends_on={key: (urn,) for key, urn in depends_on.items()},
    )


def test_a_function_is_found_behind_the_alias_that_a_mapping_names() -> None:
    function = resource(FUNCTION, "job")
    other = resource(FUNCTION, "other")
    alias = resource("aws:lambda/alias:Alias", "live", functionName=function.urn)
    unused = resource("aws:lambda/alias:Alias", "unused", functionName=other.urn)
    mapping = resource(EVENT_SOURCE, "trigger", functionName=alias.urn)
    stack = Stack(resources=(function, other, alias, unused, mapping))

    assert stack.sources(mapping, "functionName", FUNCTION) == [function]


def test_a_mapping_of_another_queue_leaves_a_named_queue_judged() -> None:
    named = resources.registered(QUEUE, "orders", {"name": "orders"})
    other = resources.registered(EVENT_SOURCE, "trigger", {"eventSourceArn": f"{_QUEUES}:other"})
    same = resources.registered(EVENT_SOURCE, "trigger", {"eventSourceArn": f"{_QUEUES}:orders"})

    rule = fixtures.RULES["queue-visibility"]

    assert direct.outcome(rule, [named, other]) == fixtures.PASSED
    assert direct.outcome(rule, [named, same]) == fixtures.NOT_EVALUATED
