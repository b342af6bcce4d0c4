"""A diff names the properties that changed, and knows which of them need a new resource."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pulumi.runtime.proto import provider_pb2 as proto

from local.provider.changes import diff
from local.provider.wire import UNKNOWN
from local.resources import handler_for

QUEUE = handler_for("aws:sqs/queue:Queue")
FUNCTION = handler_for("aws:lambda/function:Function")
KIND = proto.PropertyDiff
ARCHIVE = {"4dabf18193072939515e22adb298388d": "0def7320c3a5731c473e5ecbe6d01bc7"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)


def kinds(old: dict[str, Any], new: dict[str, Any]) -> dict[str, int]:
    found = diff(QUEUE, old, new).detailedDiff
    return {path: found[path].kind for path in found}


def test_equal_inputs_have_no_difference() -> None:
    found = diff(QUEUE, {"name": "q", "tags": {"a": "b"}}, {"name": "q", "tags": {"a": "b"}})

    assert (found.changes, list(found.diffs)) == (proto.DiffResponse.DIFF_NONE, [])


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": 1}, {"a": 2}, {"a": KIND.UPDATE}),
        ({}, {"a": 2}, {"a": KIND.ADD}),
        ({"a": 1}, {}, {"a": KIND.DELETE}),
        ({"a": None}, {}, {}),
        ({"t": {"x": 1, "y": 1}}, {"t": {"x": 1, "y": 2}}, {"t.y": KIND.UPDATE}),
        ({"t": {"a.b": 1}}, {"t": {"a.b": 2}}, {'t["a.b"]': KIND.UPDATE}),
        ({"l": [1, 2]}, {"l": [1, 3, 4]}, {"l[1]": KIND.UPDATE, "l[2]": KIND.ADD}),
        ({"l": [{"a": 1}]}, {"l": [{"a": 2}]}, {"l[0].a": KIND.UPDATE}),
        ({"a": 0}, {"a": False}, {}),
        ({"a": 1}, {"a": UNKNOWN}, {"a": KIND.UPDATE}),
    ],
)
def test_a_change_is_named_by_its_path(
    old: dict[str, Any], new: dict[str, Any], expected: dict[str, int]
) -> None:
    assert kinds(old, new) == expected


def test_a_change_that_aws_cannot_make_in_place_replaces_the_resource() -> None:
    found = diff(QUEUE, {"name": "q", "delaySeconds": 1}, {"name": "p", "delaySeconds": 2})

    assert (list(found.diffs), list(found.replaces)) == (["delaySeconds", "name"], ["name"])
    assert found.detailedDiff["name"].kind == KIND.UPDATE_REPLACE
    assert found.detailedDiff["delaySeconds"].kind == KIND.UPDATE
    assert not found.deleteBeforeReplace


def test_a_replacement_that_keeps_its_name_is_deleted_first() -> None:
    found = diff(QUEUE, {"name": "q.fifo"}, {"name": "q.fifo", "fifoQueue": True})

    assert list(found.replaces) == ["fifoQueue"]
    assert found.deleteBeforeReplace


def test_code_is_compared_by_its_content_and_not_by_its_path() -> None:
    old = {"code": {**ARCHIVE, "hash": "1", "path": "/one.zip"}}
    moved = {"code": {**ARCHIVE, "hash": "1", "path": "/other.zip"}}
    changed = {"code": {**ARCHIVE, "hash": "2", "path": "/one.zip"}}

    assert list(diff(FUNCTION, old, moved).diffs) == []
    assert list(diff(FUNCTION, old, changed).diffs) == ["code"]


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.text(), JSON), st.dictionaries(st.text(), JSON))
def test_a_diff_is_empty_exactly_when_nothing_differs(
    old: dict[str, Any], new: dict[str, Any]
) -> None:
    assert bool(diff(QUEUE, old, new).diffs) == (_without_nulls(old) != _without_nulls(new))


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        items = [None if item is None else _without_nulls(item) for item in value]
        while items and items[-1] is None:
            items.pop()
        return items
    return value
