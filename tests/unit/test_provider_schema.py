"""What a type's properties are comes from the SDK; what is wrong is named with its path."""

from __future__ import annotations

from typing import Any

import pytest

from local.provider.defaults import DEFAULTS, with_defaults
from local.provider.schema import schema_of
from local.provider.wire import UNKNOWN
from local.resources import UnhandledTypeError, handlers

TABLE = "aws:dynamodb/table:Table"
FUNCTION = "aws:lambda/function:Function"


def reasons(token: str, **given: Any) -> dict[str, str]:
    return {problem.path: problem.reason for problem in schema_of(token).problems(given)}


def test_a_property_that_is_misspelt_is_named_with_what_was_meant() -> None:
    assert reasons(TABLE, hashkey="pk") == {
        "hashkey": "is no property of this type: did you mean 'hashKey'?"
    }


def test_a_property_that_is_misspelt_deep_inside_is_named_with_its_path() -> None:
    found = reasons(TABLE, attributes=[{"name": "pk", "typ": "S"}])

    assert found["attributes[0].typ"].endswith("did you mean 'type'?")
    assert found["attributes[0].type"] == "is required and missing: set it"


def test_a_required_property_that_is_missing_is_named() -> None:
    assert reasons(FUNCTION, handler="x") == {"role": "is required and missing: set it"}


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"readCapacity": "many"}, "readCapacity"),
        ({"streamEnabled": "maybe"}, "streamEnabled"),
        ({"name": ["t"]}, "name"),
        ({"ttl": "expires_at"}, "ttl"),
        ({"attributes": {"name": "pk", "type": "S"}}, "attributes"),
        ({"tags": ["a"]}, "tags"),
        ({"tags": {"a": {"b": "c"}}}, "tags.a"),
    ],
)
def test_a_value_of_another_kind_is_named_without_the_value(
    given: dict[str, Any], path: str
) -> None:
    found = reasons(TABLE, **given)

    assert list(found) == [path]
    assert "many" not in found[path]


@pytest.mark.parametrize("value", [5, 5.0, "5", UNKNOWN, None])
def test_what_the_provider_would_convert_or_cannot_know_is_fine(value: Any) -> None:
    assert reasons(TABLE, readCapacity=value) == {}


def test_a_document_may_be_a_text_or_an_object() -> None:
    assert reasons("aws:sqs/queuePolicy:QueuePolicy", queueUrl="u", policy="{}") == {}


def test_a_type_that_the_sdk_has_not_is_refused() -> None:
    with pytest.raises(UnhandledTypeError, match="aws:sqs/queue:Cue"):
        schema_of("aws:sqs/queue:Cue")


def test_every_type_that_has_a_handler_has_a_schema() -> None:
    for token in handlers():
        if token.startswith("aws:"):
            assert "id" in schema_of(token).outputs or schema_of(token).inputs.hints


@pytest.mark.parametrize("token", sorted(DEFAULTS))
def test_every_default_is_a_value_that_the_type_takes(token: str) -> None:
    schema = schema_of(token)
    required = {problem.path for problem in schema.problems({})}

    assert {p.path for p in schema.problems(DEFAULTS[token])} <= required
    assert token in handlers()


def test_a_default_fills_what_is_missing_and_nothing_else() -> None:
    given = {"timeout": 0, "memorySize": None}

    filled = with_defaults(FUNCTION, given)

    assert filled["timeout"] == 0
    assert filled["packageType"] == "Zip"


def test_a_default_replaces_a_null() -> None:
    assert with_defaults(FUNCTION, {"memorySize": None})["memorySize"] == 128
