"""Cursors and limits of lists."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import InvalidError, MalformedError
from common.paging import PAGE_DEFAULT, decode_cursor, encode_cursor, page_limit
from tests.support.properties import repeatable

POSITIONS = st.lists(st.text())


@repeatable
@given(st.text(), POSITIONS)
def test_a_cursor_is_read_back_in_its_own_list(scope: str, position: list[str]) -> None:
    cursor = encode_cursor(scope, position)

    assert decode_cursor(scope, cursor) == position
    assert cursor.replace("-", "").replace("_", "").isalnum()


@repeatable
@given(st.text(), st.text(), POSITIONS)
def test_a_cursor_is_refused_in_another_list(scope: str, other: str, position: list[str]) -> None:
    if scope == other:
        return
    with pytest.raises(MalformedError, match="start without a cursor"):
        decode_cursor(other, encode_cursor(scope, position))


@repeatable
@given(st.text())
def test_a_text_that_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(MalformedError, match="start without a cursor"):
        decode_cursor("list", text)


@repeatable
@given(POSITIONS, st.data())
def test_a_cursor_with_one_character_changed_is_refused(
    position: list[str], data: st.DataObject
) -> None:
    cursor = encode_cursor("list", position)
    at = data.draw(st.integers(0, len(cursor) - 1))
    letter = data.draw(st.sampled_from("ABCabc019-_=+/").filter(lambda each: each != cursor[at]))

    with pytest.raises(MalformedError):
        decode_cursor("list", cursor[:at] + letter + cursor[at + 1 :])


@pytest.mark.parametrize(("text", "limit"), [("1", 1), ("50", 50), ("07", 7)])
def test_a_limit_from_1_to_50_is_read(text: str, limit: int) -> None:
    assert page_limit({"limit": text}) == limit


def test_a_list_without_a_limit_has_the_default() -> None:
    assert page_limit({}) == PAGE_DEFAULT


@pytest.mark.parametrize(
    "text", ["0", "51", "-1", "+1", "1.0", " 1", "ten", "", "²", "00051", "9" * 5000]
)
def test_any_other_limit_is_refused(text: str) -> None:
    with pytest.raises(InvalidError) as refused:
        page_limit({"limit": text})

    assert refused.value.errors[0].endswith("must be a whole number from 1 to 50")
