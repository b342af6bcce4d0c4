"""Every handler creates, reads, updates and deletes on the embedded AWS."""

from __future__ import annotations

import pytest

from local.resources import handler_for, handlers
from tests.local_resources.cases import CASES, Case
from tests.local_resources.stack import Stack, unique

pytestmark = pytest.mark.xdist_group("ministack")

every_type = pytest.mark.parametrize("case", CASES, ids=[case.resource_type for case in CASES])
changeable = [case for case in CASES if case.change]


@every_type
def test_a_created_resource_reads_back_as_it_was_created(stack: Stack, case: Case) -> None:
    handler = handler_for(case.resource_type)
    inputs = case.inputs(stack)

    created = handler.create(stack.cloud, unique("case"), inputs)

    try:
        assert {key: created.outputs[key] for key in inputs} == inputs
        assert created.outputs["id"] == created.id
        assert [key for key in case.outputs if not created.outputs.get(key)] == []
        assert handler.read(stack.cloud, created.id, created.outputs) == created.outputs
    finally:
        handler.delete(stack.cloud, created.id, created.outputs)


@pytest.mark.parametrize("case", changeable, ids=[case.resource_type for case in changeable])
def test_an_update_changes_what_it_is_given_and_nothing_else(stack: Stack, case: Case) -> None:
    handler = handler_for(case.resource_type)
    inputs = case.inputs(stack)
    created = handler.create(stack.cloud, unique("case"), inputs)

    state = handler.update(stack.cloud, created.id, created.outputs, {**inputs, **case.change})

    try:
        assert {key: state[key] for key in case.change} == case.change
        untouched = inputs.keys() - case.change.keys()
        assert {key: state[key] for key in untouched} == {key: inputs[key] for key in untouched}
        assert handler.read(stack.cloud, created.id, state) == state
    finally:
        handler.delete(stack.cloud, created.id, state)


@every_type
def test_a_deleted_resource_is_gone_and_deleting_it_again_is_fine(stack: Stack, case: Case) -> None:
    handler = handler_for(case.resource_type)
    created = handler.create(stack.cloud, unique("case"), case.inputs(stack))

    handler.delete(stack.cloud, created.id, created.outputs)

    gone = handler.read(stack.cloud, created.id, created.outputs) is None
    assert gone is not case.survives
    handler.delete(stack.cloud, created.id, created.outputs)


def test_every_registered_type_has_a_life_cycle_case() -> None:
    assert sorted(handlers()) == sorted({case.resource_type for case in CASES})


def test_no_update_is_tested_with_an_input_that_needs_a_new_resource() -> None:
    replaced = {
        case.resource_type: sorted(case.change.keys() & handler_for(case.resource_type).replace_on)
        for case in CASES
    }
    assert {token: keys for token, keys in replaced.items() if keys} == {}
