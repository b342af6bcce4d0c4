"""Items in DynamoDB's wire form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.dynamo import from_item, to_item
from tests.support.properties import repeatable

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@repeatable
@given(st.dictionaries(st.text(), PLAIN))
def test_what_is_written_is_read_back(values: dict[str, object]) -> None:
    assert from_item(to_item(values)) == values


def test_each_type_has_dynamodbs_tag() -> None:
    values = {"text": "a", "number": 5, "yes": True, "none": None, "list": ("a",), "map": {"n": 1}}

    assert to_item(values) == {
        "text": {"S": "a"},
        "number": {"N": "5"},
        "yes": {"BOOL": True},
        "none": {"NULL": True},
        "list": {"L": [{"S": "a"}]},
        "map": {"M": {"n": {"N": "1"}}},
    }


@pytest.mark.parametrize("value", [1.5, b"bytes", {1, 2}, object()])
def test_a_value_without_a_form_is_refused_by_type_and_not_repeated(value: object) -> None:
    with pytest.raises(TypeError, match=f"{type(value).__name__} has no form") as refused:
        to_item({"key": value})

    assert repr(value) not in str(refused.value)


@pytest.mark.parametrize("typed", [{"B": b"bytes"}, {"SS": ["a"]}])
def test_an_attribute_of_a_type_we_do_not_use_is_refused(typed: dict[str, object]) -> None:
    with pytest.raises(TypeError, match="is not one our items use"):
        from_item({"key": typed})


def test_a_number_that_is_no_integer_is_refused() -> None:
    with pytest.raises(ValueError, match=r"1\.5"):
        from_item({"key": {"N": "1.5"}})
