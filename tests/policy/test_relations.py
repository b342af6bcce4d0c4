"""How a stack's resources are found from one another."""

from __future__ import annotations

from policy.reading import Reader
from policy.rule import Resource, Stack
from policy.rules.types import EVENT_SOURCE, FUNCTION


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
