"""docs/events says what the code says, and notices when it no longer does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator

from common.events import EventData
from tests.support.event_examples import BY_TYPE, EXAMPLES, example_event
from tools import event_schemas

DIALECT = "https://json-schema.org/draft/2020-12/schema"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    event_schemas.write(tmp_path)
    return tmp_path


def document(root: Path, data: EventData) -> Any:
    name = f"{type(data).__name__}.v{data.version}.json"
    return json.loads((root / "docs/events" / name).read_text())


def problems(schema: Any, instance: Any) -> list[str]:
    return [error.message for error in OAS31Validator(schema).iter_errors(instance)]


def test_the_documents_are_current() -> None:
    assert event_schemas.stale(event_schemas.ROOT) == []


def test_every_event_has_an_example_here() -> None:
    assert {data.__name__ for data in event_schemas.producers()} == set(BY_TYPE)


@pytest.mark.parametrize("data", EXAMPLES, ids=BY_TYPE)
def test_a_schema_is_valid_and_accepts_what_its_producer_sends(root: Path, data: EventData) -> None:
    schema = document(root, data)
    OAS31Validator.check_schema(schema)
    assert schema["$schema"] == DIALECT
    assert problems(schema, json.loads(example_event(data).encode())) == []


@pytest.mark.parametrize("data", EXAMPLES, ids=BY_TYPE)
def test_a_schema_accepts_fields_it_does_not_know(root: Path, data: EventData) -> None:
    sent = json.loads(example_event(data).encode())
    sent["new"] = sent["data"]["new"] = {"any": "thing"}
    assert problems(document(root, data), sent) == []


@pytest.mark.parametrize("field", ["id", "type", "version", "occurred_at", "order_id", "data"])
def test_a_schema_refuses_an_envelope_without_one_of_its_fields(root: Path, field: str) -> None:
    data = BY_TYPE["OrderConfirmed"]
    sent = json.loads(example_event(data).encode())
    del sent[field]
    assert problems(document(root, data), sent) == [f"'{field}' is a required property"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"type": "OrderPlaced"}, "'OrderPlaced' is not one of ['OrderConfirmed']"),
        ({"version": 2}, "2 is not one of [1]"),
        ({"data": {"total": "2500", "currency": "EUR"}}, "'2500' is not of type 'integer'"),
        ({"data": {"total": 2500}}, "'currency' is a required property"),
    ],
)
def test_a_schema_refuses_another_event(root: Path, change: Any, problem: str) -> None:
    data = BY_TYPE["OrderConfirmed"]
    sent = json.loads(example_event(data).encode()) | change
    assert problems(document(root, data), sent) == [problem]


def test_the_table_names_producer_and_consumers_of_every_event(root: Path) -> None:
    table = (root / "docs/events/README.md").read_text()
    assert (
        "| [OrderPlaced](OrderPlaced.v1.json) | 1 | orders | inventory, payments, notifications |"
        in table
    )
    assert "| [ProductChanged](ProductChanged.v1.json) | 1 | inventory | orders |" in table
    assert table.count("](") == len(EXAMPLES)


def test_no_event_is_produced_that_nobody_reads() -> None:
    read = frozenset().union(*event_schemas.consumers().values())
    assert {data.__name__ for data in event_schemas.producers()} == read


def test_written_documents_are_current_and_writing_again_changes_nothing(root: Path) -> None:
    before = {path: path.read_bytes() for path in (root / "docs/events").iterdir()}
    event_schemas.write(root)
    assert event_schemas.stale(root) == []
    assert {path: path.read_bytes() for path in (root / "docs/events").iterdir()} == before


def test_a_missing_a_changed_and_a_left_over_file_are_named(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = root / "docs/events"
    (folder / "OrderPlaced.v1.json").unlink()
    (folder / "README.md").write_text("outdated")
    (folder / "OrderShipped.v1.json").write_text("{}")

    assert event_schemas.main(["--check"], root=root) == 1

    stale = [f"docs/events/{name}" for name in ("OrderPlaced.v1.json", "OrderShipped.v1.json")]
    assert capsys.readouterr().err == (
        f"stale: {', '.join(stale)}, docs/events/README.md; run python -m tools.event_schemas\n"
    )
    assert not (folder / "OrderPlaced.v1.json").exists()


def test_a_check_without_any_document_fails(tmp_path: Path) -> None:
    assert event_schemas.main(["--check"], root=tmp_path) == 1
    assert list(tmp_path.iterdir()) == []


def test_writing_repairs_what_is_stale(root: Path) -> None:
    folder = root / "docs/events"
    (folder / "OrderPlaced.v1.json").unlink()
    (folder / "OrderShipped.v1.json").write_text("{}")
    assert event_schemas.main([], root=root) == 0
    assert event_schemas.main(["--check"], root=root) == 0
    assert not (folder / "OrderShipped.v1.json").exists()
